import Libvirt
import TestSupport
import Testing

@testable import SnapshCommands

/// What libvirt's test driver cannot be brought to: its pools are always active. The texts are virsh's, of pools that it
/// stopped before.
@Suite("Lists of storage pools that are not in use")
struct StorageListTests {
  private let stopped = PoolListResult.Row(
    name: "b dir", uuid: "11111111-cccc-4ccc-8ccc-000000000001", isActive: false, isPersistent: true,
    autostart: false,
    information: StoragePoolInformation(state: .inactive, capacity: 0, allocation: 0, available: 0))

  private func text(_ columns: PoolListResult.Columns, _ rows: [PoolListResult.Row]) -> String {
    var text = TextOutput(isQuiet: false)
    PoolListResult(pools: rows, columns: columns).render(into: &text)
    return text.text
  }

  @Test("a pool that is not in use has no sizes")
  func stoppedPool() {
    #expect(
      text([], [stopped]) == """
         Name    State      Autostart
        -------------------------------
         b dir   inactive   no

        """)
    #expect(
      text(.details, [stopped]) == """
         Name    State      Autostart   Persistent   Capacity   Allocation   Available
        --------------------------------------------------------------------------------
         b dir   inactive   no          yes          -          -            -

        """)
  }

  @Test("a pool of which nothing can be told is listed all the same")
  func unknownPool() {
    let row = PoolListResult.Row(
      name: "p", uuid: "u", isActive: true, isPersistent: false, autostart: nil, information: nil)
    #expect(
      text(.details, [row]) == """
         Name   State     Autostart      Persistent   Capacity   Allocation   Available
        ---------------------------------------------------------------------------------
         p      unknown   no autostart   no           -          -            -

        """)
  }

  @Test("every type of pool that libvirt has a filter for can be asked for")
  func types() {
    let bits = StoragePoolListFlags.typeNames.compactMap { StoragePoolListFlags(typeNamed: $0)?.rawValue }
    #expect(bits == (6..<20).map { 1 << $0 })
    #expect(StoragePoolListFlags(typeNamed: "bogus") == nil)
  }

  @Test("JSON has bytes, and sizes of pools in use only")
  func json() throws {
    let node = "test://" + testdata("parity/storage.xml")
    let output = MemorySink()
    let status = Tool.run(
      ["-c", node, "--json", "pool-list --type logical; vol-list images"], environment: [:],
      console: Console(output: output, error: MemorySink()))
    #expect(status == 0)
    let lines = output.text.split(separator: "\n")
    #expect(
      lines.first
        == #"{"pools":[{"allocationBytes":0,"availableBytes":107374182400,"capacityBytes":107374182400,"hasAutostart":false,"isActive":true,"isPersistent":true,"name":"Ünter, volumes","state":"running","uuid":"11111111-cccc-4ccc-8ccc-000000000002"}]}"#
    )
    #expect(
      lines.last?.hasPrefix(
        #"{"pool":"images","volumes":[{"allocationBytes":1100,"capacityBytes":1100,"name":"délta 漢字.img","path":"/pools/images/délta 漢字.img","type":"file"},"#
      ) == true)
    #expect(try JSONOutput.line(PoolListResult(pools: [stopped], columns: [])).contains("Bytes") == false)
  }
}
