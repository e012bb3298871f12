import SnapshotXML
import TestSupport
import Testing
import XMLTree

@Suite struct SnapshotRulesTests {
  private func problems(_ text: String, mode: SnapshotDocument.Mode = .create) throws -> [String] {
    SnapshotXMLRules.problems(in: try .parse(text), mode: mode, allowMirrors: true).map {
      "\($0.line) \($0.elementPath) \($0.message)"
    }
  }

  @Test func `all problems of a document are told, each with its line and path`() throws {
    let text = """
      <domainsnapshot>
        <creationTime>yesterday</creationTime>
        <state>asleep</state>
        <memory snapshot='internal' file='m'/>
        <disks>
          <disk name='vda' snapshot='external'>
            <source file='a'/>
          </disk>
          <disk snapshot='no'/>
          <disk name='vdb' snapshot='sometimes'>
            <driver type='zip'/>
            <mirror/>
          </disk>
          <disk name='vda' snapshot='internal'>
            <source file='/b'/>
          </disk>
        </disks>
      </domainsnapshot>
      """
    let expected = [
      "1 /domainsnapshot XML error: a redefined snapshot must have a name",
      "2 /domainsnapshot/creationTime internal error: missing creationTime from existing snapshot",
      "3 /domainsnapshot/state unsupported configuration: Invalid state 'asleep' in domain snapshot XML",
      "4 /domainsnapshot/memory XML error: memory filename 'm' requires external snapshot",
      "7 /domainsnapshot/disks/disk[1]/source XML error: disk snapshot image path 'a' must be absolute",
      "9 /domainsnapshot/disks/disk[2] internal error: missing name from disk snapshot element",
      "10 /domainsnapshot/disks/disk[3] XML error: Invalid value for attribute 'snapshot' in element 'disk': 'sometimes'.",
      "11 /domainsnapshot/disks/disk[3]/driver unsupported configuration: unknown disk snapshot driver 'zip'",
      "12 /domainsnapshot/disks/disk[3]/mirror XML error: mirror for 'vdb' requires file attribute",
      "14 /domainsnapshot/disks/disk[4] unsupported configuration: disk 'vda' specified twice",
      "14 /domainsnapshot/disks/disk[4] unsupported configuration: "
        + "file '/b' for disk 'vda' requires use of external snapshot mode",
    ]
    #expect(try problems(text, mode: .redefine) == expected)
  }

  @Test func `a fault in every element of a large document gives a bounded list`() throws {
    let disks = String(repeating: "<disk/><disk name='vda' snapshot='sometimes'/>", count: 500)
    #expect(try problems("<domainsnapshot><disks>\(disks)</disks></domainsnapshot>").count == 100)
  }

  @Test func `a good request has no problems, and a wrong root is the only one told`() throws {
    #expect(try problems("<domainsnapshot/>").isEmpty)
    #expect(
      try problems("<domain><disks><disk/></disks></domain>")
        == ["1 /domain XML error: expecting root element of 'domainsnapshot', not 'domain'"])
  }

  @Test func `text that is no XML is told by file, line and column, with libvirt's number for it`() throws {
    let error = try #require(throws: SnapshotXMLError.self) {
      try SnapshotDocument.parse(
        Array("<domainsnapshot>\n".utf8), fileName: "s.xml", mode: .create, allowMirrors: true)
    }
    #expect(error.code == .xmlDetail && error.domain == .domainSnapshot)
    #expect(error.cause?.line == error.line)
    #expect(error.description.hasPrefix("s.xml:2:1: not well-formed XML: "))
  }

  @Test
  func `a dump cut at every byte, or with a byte replaced, is an error or a snapshot and never a crash`()
    throws
  {
    let bytes = try testdataBytes("snapshotxml/dumps/test-memory-external.xml")
    var refused = 0
    for length in stride(from: 0, to: bytes.count, by: 1) {
      do {
        _ = try SnapshotDocument.parse(Array(bytes[..<length]), mode: .redefine, allowMirrors: true)
      } catch { refused += 1 }
    }
    // Only the closing newline can go missing unnoticed.
    #expect(refused == bytes.count - 1)
    for position in stride(from: 0, to: bytes.count, by: 3) {
      var changed = bytes
      changed[position] = [0x27, 0x3C, 0x2D, 0x39, 0xFF][position % 5]
      guard let document = try? XMLDocument.parse(changed) else { continue }
      for mode in SnapshotDocument.Mode.allCases {
        _ = SnapshotXMLRules.problems(in: document, mode: mode, allowMirrors: false)
      }
    }
  }
}
