import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

/// The drawing and the JSON of `chain`, on a domain of the test driver with images that are real.
@Suite("chain draws images and tells programs of them")
struct ChainCommandTests {
  private let directory: TemporaryDirectory
  private var node: String { directory.file("node.xml") }

  init() throws {
    directory = try TemporaryDirectory(prefix: "snapsh-chain")
    for (name, backing) in [("base.qcow2", nil), ("top.qcow2", "base.qcow2"), ("lost.qcow2", "gone.qcow2")] {
      let below = backing.map { ["-u", "-b", $0, "-F", "qcow2"] } ?? []
      let words = [try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2"] + below + [name, "16M"]
      try run(words, directory: directory.path).check()
    }
    func disk(_ target: String, _ file: String) -> String {
      """
      <disk type='file'><driver name='qemu' type='qcow2'/><source file='\(directory.path)/\(file)'/>
      <target dev='\(target)'/></disk>
      """
    }
    try directory.write(
      text: """
        <node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
        <name>guest</name><uuid>11111111-dddd-4ddd-8ddd-000000000001</uuid><memory>8192</memory>
        <os><type>hvm</type></os>
        <devices>\(disk("vda", "top.qcow2"))\(disk("vdb", "lost.qcow2"))
        <disk type='file' device='cdrom'><target dev='hdc'/><readonly/></disk></devices>
        <test:domainsnapshot><name>s1</name><state>shutoff</state><creationTime>1600000000</creationTime>
        <disks><disk name='vda' snapshot='external'><driver type='qcow2'/>
        <source file='\(directory.path)/top.qcow2'/></disk></disks>
        <domain type='test'><name>guest</name><uuid>11111111-dddd-4ddd-8ddd-000000000001</uuid>
        <memory>8192</memory><os><type>hvm</type></os><devices>\(disk("vda", "base.qcow2"))</devices></domain>
        <active>1</active></test:domainsnapshot>
        <test:runstate>5</test:runstate></domain></node>
        """, to: "node.xml")
  }

  private func run(_ words: String...) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["-c", "test://" + node] + words, environment: [:], console: Console(output: output, error: error))
    // How much room an empty image takes is the file system's affair.
    let text = output.text.replacing(directory.path + "/", with: "")
      .replacing(/"allocatedBytes":\d+/, with: #""allocatedBytes":0"#)
    return (status, text, error.text.replacing(directory.path + "/", with: ""))
  }

  private func run(_ words: [String], directory: String) throws -> ProcessResult {
    try TestSupport.run(words, directory: directory)
  }

  @Test("a tree in a table: the image that is written to first, each image with its snapshots")
  func drawing() {
    let result = run("chain", "guest", "vda")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix(" Image "))
    let cells = lines.dropFirst(2).map { line in
      line.dropFirst().replacing(/\ {2,}/, with: "|").replacing(/[\d.]+ KiB/, with: "N KiB")
    }
    #expect(
      cells == [
        "vda|2 images", " +- top.qcow2|qcow2|16.000 MiB|N KiB|overlay of s1",
        "|+- base.qcow2|qcow2|16.000 MiB|N KiB|state of s1",
      ])
  }

  @Test("a missing image is drawn in its place, and the exit status tells of it")
  func missing() {
    let result = run("chain", "guest")
    #expect(result.status == 2)
    #expect(result.error.isEmpty)
    let line = result.output.split(separator: "\n").last { $0.contains("gone.qcow2") }
    #expect(line?.wholeMatch(of: /\ \ +\+- gone\.qcow2 +qcow2 +- +- +missing/) != nil)
    #expect(run("chain", "guest", "vda").status == 0)
    #expect(run("-q", "chain", "guest").status == 2)
  }

  @Test("an empty drive has no images; an unknown disk is an error that says where to look")
  func otherDisks() {
    #expect(run("-q", "chain", "guest", "hdc").output.hasSuffix(" no medium\n"))
    let unknown = run("chain", "guest", "vdz")
    #expect(unknown.status == 1)
    let sentence = "domain 'guest' has no disk 'vdz'; 'domblklist guest' tells which it has"
    #expect(unknown.error == "error: \(sentence)\n")
  }

  @Test("JSON has every image with its bytes, snapshots and problems")
  func json() {
    let result = run("--json", "chain", "guest")
    #expect(result.status == 2)
    #expect(
      result.output
        == #"{"disks":[{"device":"disk","isInUse":false,"isWhole":true,"layers":["#
        + #"{"allocatedBytes":0,"format":"qcow2","internalSnapshots":[],"mirrorOf":[],"overlayOf":["s1"],"source":"top.qcow2","stateOf":[],"storedSnapshots":[],"type":"file","virtualBytes":16777216},"#
        + #"{"allocatedBytes":0,"format":"qcow2","internalSnapshots":[],"mirrorOf":[],"overlayOf":[],"source":"base.qcow2","stateOf":["s1"],"storedSnapshots":[],"type":"file","virtualBytes":16777216}"#
        + #"],"target":"vda"},{"device":"disk","isInUse":false,"isWhole":false,"layers":["#
        + #"{"allocatedBytes":0,"format":"qcow2","internalSnapshots":[],"mirrorOf":[],"overlayOf":[],"source":"lost.qcow2","stateOf":[],"storedSnapshots":[],"type":"file","virtualBytes":16777216},"#
        + #"{"format":"qcow2","internalSnapshots":[],"mirrorOf":[],"overlayOf":[],"problem":"missing","source":"gone.qcow2","stateOf":[],"type":"file"}"#
        + #"],"target":"vdb"}],"domain":"guest","isWhole":false}"# + "\n")
  }
}
