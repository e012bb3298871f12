import Operations
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("snapshot-list with columns of one's choice, and with marks")
struct SnapshotColumnTests {
  /// A sink that a person looks at, as far as the tool can tell.
  private final class TerminalSink: ByteSink {
    let inner = MemorySink()
    var isTerminal: Bool { true }
    func write(_ bytes: [UInt8]) { inner.write(bytes) }
  }

  private func onTerminal(_ words: String...) -> String {
    let output = TerminalSink()
    let status = Tool.run(
      ["-c", "test://" + testdata("parity/node.xml")] + words, environment: [:],
      console: Console(output: output, error: MemorySink()))
    #expect(status == 0)
    return output.inner.text
  }

  @Test("the columns stand in the order they are asked for in")
  func table() {
    let run = NodeRun("snapshot-list alpha --columns name,current,state,location,parent,children --internal")
    #expect(
      run.output == """
         Name         Current   State     Location   Parent   Children
        ----------------------------------------------------------------
         base         no        running   internal   -        2
         left         no        shutoff   internal   base     2
         Right        yes       paused    internal   base     0
         Älter 日本   no        shutoff   internal   -        0


        """)
  }

  @Test("a tree takes the first column, with the current snapshot marked")
  func tree() {
    let run = NodeRun("snapshot-list alpha --tree --columns state,disks")
    #expect(
      run.output == """
         Name                  State           Disks
        ----------------------------------------------
         base                  running         -
          +- left              shutoff         -
          |  +- left-1         disk-snapshot   vda
          |  +- left-2         running         vda
          +- Right (current)   paused          -
         Älter 日本            shutoff         -


        """)
  }

  @Test("files that are not there are named, and stand for their size")
  func missing() {
    let run = NodeRun("-q", "snapshot-list alpha --columns name,size,memory,missing --external")
    #expect(
      run.output == """
         left-1   missing   -         /guest/alpha.left-1
         left-2   missing   missing   /guest/alpha.left-2, /guest/alpha.left-2.mem

        """)
  }

  @Test("a description is told by its first line, an age from now")
  func descriptionAndAge() {
    let run = NodeRun("-q", "snapshot-list alpha --columns description,age --roots")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.contains { $0.wholeMatch(of: /\ installed & patched +\d+d \d+h/) != nil })
  }

  @Test("mistakes are told before anything is looked at")
  func mistakes() {
    let unknown = NodeRun("snapshot-list alpha --columns name,sizes")
    #expect(unknown.status == 1)
    #expect(unknown.error.hasPrefix("error: unknown column 'sizes'; choose from name, created, age, "))
    #expect(NodeRun("snapshot-list alpha --columns name,").status == 1)
    #expect(
      NodeRun("snapshot-list alpha --columns name --parent").error
        == "error: Options --columns and --parent are mutually exclusive\n")
    #expect(
      NodeRun("snapshot-list alpha --columns name --name").error
        == "error: Options --columns and --name are mutually exclusive\n")
  }

  @Test("JSON has what was chosen beside what is always there")
  func json() {
    let run = NodeRun(
      "--json", "snapshot-list alpha --columns size,memory,missing,children,mirror,description --from left")
    #expect(
      run.output
        == #"{"domain":"alpha","snapshots":[{"childCount":0,"creationTime":"2020-09-13T12:31:40Z","creationTimeSeconds":1600000300,"isCurrent":false,"location":"external","mirrors":[],"missingFiles":["/guest/alpha.left-1"],"name":"left-1","overlays":[{"isMissing":true,"source":"/guest/alpha.left-1"}],"parent":"left","state":"disk-snapshot"},"#
        + #"{"childCount":0,"creationTime":"2020-09-13T12:33:20Z","creationTimeSeconds":1600000400,"isCurrent":false,"location":"external","mirrors":[],"missingFiles":["/guest/alpha.left-2","/guest/alpha.left-2.mem"],"name":"left-2","overlays":[{"isMissing":true,"source":"/guest/alpha.left-2"}],"parent":"left","state":"running"}]}"#
        + "\n")
  }

  @Test("--pretty marks the current snapshot on a terminal only; a pipe gets virsh's bytes")
  func pretty() {
    let plain = NodeRun("snapshot-list alpha --tree")
    #expect(NodeRun("snapshot-list alpha --tree --pretty").output == plain.output)
    #expect(onTerminal("snapshot-list", "alpha", "--tree") == plain.output)
    #expect(
      onTerminal("snapshot-list", "alpha", "--tree", "--pretty")
        == plain.output.replacing("+- Right", with: "+- Right (current)"))
    #expect(onTerminal("snapshot-list", "alpha", "--pretty").contains(" Right (current)   2020-09-13 "))
    #expect(onTerminal("--json", "snapshot-list", "alpha", "--pretty").contains(#""name":"Right""#))
  }

  @Test("marks tell how far a mirror is")
  func marks() {
    func label(_ readiness: BackingChain.Copy.Readiness?...) -> String {
      SnapshotMarks(
        isCurrent: false,
        mirrors: readiness.map { .init(target: "vda", file: "/b", readiness: $0) }
      ).label(of: "s")
    }
    #expect(label() == "s")
    #expect(label(.ready, .ready) == "s (mirrored)")
    #expect(label(.ready, .copying) == "s (mirror copying)")
    #expect(label(nil) == "s (mirror stopped)")
    #expect(
      SnapshotMarks(isCurrent: true, mirrors: [.init(target: "vda", file: "/b", readiness: .ready)])
        .label(of: "s") == "s (current, mirrored)")
  }
}
