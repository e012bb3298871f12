import Libvirt
import Operations
import TestSupport
import Testing

@Suite("A snapshot request with a mirror never reaches a libvirt that would ignore it")
struct SnapshotRequestTests {
  private func beta() throws -> Domain {
    try Connection(uri: "test://" + testdata("parity/node.xml")).domain(named: "beta")
  }

  @Test(
    "a mirror is refused wherever a disk may hold one",
    arguments: [
      "<disk name='vda' snapshot='external'><source file='/a'/><mirror file='/b'/></disk>",
      "<disk name='vdb'/><disk name='vda'><mirror file='/b'/></disk>",
      "<disk name='vda' snapshot='internal'><mirror/></disk>",
      "<anything name='vda'><mirror file='/b'/></anything>",
      "<disk name='vdb' snapshot='bogus'/><disk name='vda'><mirror file='/b'/></disk>",
    ])
  func refused(disks: String) throws {
    let xml = "<domainsnapshot><name>m</name><disks>\(disks)</disks></domainsnapshot>"
    let domain = try beta()
    let error = #expect(throws: LibvirtError.self) { try SnapshotRequest(xml: xml, []).create(on: domain) }
    #expect(error == .mirroringUnsupported(disk: "vda"))
    #expect(try domain.snapshots().isEmpty)
  }

  @Test("a redefinition is held to the same")
  func redefinition() throws {
    let xml =
      "<domainsnapshot><name>m</name><state>shutoff</state><creationTime>1</creationTime><disks><disk name='vda'><mirror file='/b'/></disk></disks></domainsnapshot>"
    let domain = try beta()
    #expect(throws: LibvirtError.mirroringUnsupported(disk: "vda")) {
      try SnapshotRequest(xml: xml, .redefine).create(on: domain)
    }
  }

  @Test("every other fault is told by libvirt itself")
  func otherFaults() throws {
    let domain = try beta()
    let malformed = #expect(throws: LibvirtError.self) {
      try SnapshotRequest(xml: "<domainsnapshot>", []).create(on: domain)
    }
    #expect(malformed?.code == .xmlDetail)
    let wrong = #expect(throws: LibvirtError.self) {
      try SnapshotRequest(xml: "<foo/>", []).create(on: domain)
    }
    #expect(wrong?.code == .xmlError)
  }

  @Test("a request without a mirror is taken, and names mirrors elsewhere freely")
  func accepted() throws {
    let xml =
      "<domainsnapshot><name>ok</name><description>&lt;mirror/&gt;</description><mirror/></domainsnapshot>"
    #expect(try SnapshotRequest(xml: xml, []).create(on: beta()).name == "ok")
  }

  @Test("redefining with halt is libvirt's to refuse, and the guest goes on")
  func redefineAndHalt() throws {
    let domain = try Connection(uri: "test://" + testdata("parity/node.xml")).domain(named: "alpha")
    let error = #expect(throws: LibvirtError.self) {
      try SnapshotRequest(xml: domain.snapshot(named: "base").xml(), [.redefine, .halt]).create(on: domain)
    }
    #expect(error?.code == .invalidArgument)
    #expect(try domain.isActive())
  }
}
