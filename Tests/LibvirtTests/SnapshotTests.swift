import Libvirt
import Testing

struct SnapshotTests {
  @Test func `snapshots form a tree that is walked from any side`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    #expect(try !domain.hasCurrentSnapshot())
    let root = try domain.createSnapshot(xml: "<domainsnapshot><name>root</name></domainsnapshot>")
    let left = try domain.createSnapshot(xml: "<domainsnapshot><name>left</name></domainsnapshot>")
    try root.revert()
    let right = try domain.createSnapshot(xml: "<domainsnapshot><name>right</name></domainsnapshot>")
    #expect(try domain.hasCurrentSnapshot())
    #expect(try domain.currentSnapshot().name == "right")
    #expect(try right.isCurrent())
    #expect(try !left.isCurrent())
    #expect(try root.parent() == nil)
    #expect(try left.parent()?.name == "root")
    #expect(try root.childCount() == 2)
    #expect(try Set(root.children(.descendants).map(\.name)) == ["left", "right"])
    #expect(try domain.snapshots(.roots).map(\.name) == ["root"])
    #expect(try domain.snapshotCount(.leaves) == 2)
    #expect(try left.hasMetadata())
    #expect(try left.xml().hasPrefix("<domainsnapshot>\n  <name>left</name>\n"))
  }

  @Test func `deleting takes children along only where asked`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    let names = ["a", "b", "c", "d"]
    for name in names {
      _ = try domain.createSnapshot(xml: "<domainsnapshot><name>\(name)</name></domainsnapshot>")
    }
    try domain.snapshot(named: "b").delete()
    #expect(try domain.snapshot(named: "c").parent()?.name == "a")
    try domain.snapshot(named: "c").delete(.childrenOnly)
    #expect(try Set(domain.snapshots().map(\.name)) == ["a", "c"])
    try domain.snapshot(named: "a").delete(.children)
    #expect(try domain.snapshots().isEmpty)
  }

  @Test func `a missing snapshot is a typed error`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    let error = #expect(throws: LibvirtError.self) { try domain.snapshot(named: "nobody") }
    #expect(error?.code == .noDomainSnapshot)
    #expect(
      error?.message == "Domain snapshot not found: no domain snapshot with matching name 'nobody'")
    #expect(throws: LibvirtError.self) { try domain.currentSnapshot() }
  }

  @Test func `libvirt's refusals of flags and documents arrive unchanged`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    let unsupported = #expect(throws: LibvirtError.self) {
      try domain.createSnapshot(xml: "<domainsnapshot/>", .diskOnly)
    }
    #expect(unsupported?.code == .invalidArgument)
    #expect(
      unsupported?.message
        == "unsupported flags (0x10) in function testDomainSnapshotCreateXML")
    let wrongRoot = #expect(throws: LibvirtError.self) { try domain.createSnapshot(xml: "<foo/>") }
    #expect(wrongRoot?.code == .xmlError)
    #expect(wrongRoot?.domain == .xml)
    let redefine = #expect(throws: LibvirtError.self) {
      try domain.createSnapshot(xml: "<domainsnapshot/>", [.redefine, .halt])
    }
    #expect(redefine?.code == .invalidArgument)
    #expect(try domain.isActive())
  }
}
