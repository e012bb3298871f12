import Libvirt
import Operations
import Testing
import XMLTree

@Suite("What a list says of a snapshot is read from its document")
struct SnapshotRecordTests {
  @Test("every part of a full document")
  func full() throws {
    let record = try SnapshotRecord(
      xml: """
        <domainsnapshot><name>a &amp; b</name><state>disk-snapshot</state><parent><name>p</name></parent>
        <creationTime>1600000000</creationTime><disks><disk name='vda' snapshot='no'/><disk name='vdb' snapshot='external'/></disks>
        <domain><name>other</name></domain></domainsnapshot>
        """)
    #expect(record.name == "a & b")
    #expect(record.state == "disk-snapshot")
    #expect(record.parent == "p")
    #expect(record.creationTime == 1_600_000_000)
    #expect(record.location == .external)
  }

  @Test(
    "external is what has a file of its own",
    arguments: [
      ("<memory snapshot='external' file='/m'/>", SnapshotRecord.Location.external),
      ("<memory snapshot='internal'/>", .internal),
      ("<disks><disk name='vda' snapshot='internal'/></disks>", .internal),
      ("<disks><disk name='vda' snapshot='manual'/></disks>", .internal), ("", .internal),
    ])
  func location(parts: String, location: SnapshotRecord.Location) throws {
    #expect(try SnapshotRecord(xml: "<domainsnapshot>\(parts)</domainsnapshot>").location == location)
  }

  @Test("what is missing or odd is no crash")
  func odd() throws {
    let record = try SnapshotRecord(
      xml: "<domainsnapshot><creationTime>99999999999999999999</creationTime></domainsnapshot>")
    #expect(record.name.isEmpty && record.state.isEmpty && record.parent == nil && record.creationTime == 0)
    #expect(throws: XMLError.self) { try SnapshotRecord(xml: "no document") }
  }
}
