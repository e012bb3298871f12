import Testing
import XMLTree

@testable import Operations

@Suite("The disks of a definition are put on other images")
struct DiskPlacementTests {
  private func element(_ text: String) throws -> XMLElement { try XMLDocument.parse(text).root }

  @Test("the source keeps its place, the driver its other attributes, and what was known of the chain goes")
  func putting() throws {
    var disk = try element(
      "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none'/><source dev='/dev/b'/>"
        + "<backingStore/><mirror/><target dev='vda'/></disk>")
    disk.putDisk(on: "/a/ov", format: "qcow2")
    #expect(
      disk
        == (try element(
          "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/><source file='/a/ov'/>"
            + "<target dev='vda'/></disk>")))
    disk.putDisk(on: "/dev/c", format: "raw", isBlockDevice: true)
    #expect(disk.attribute("type") == "block")
    #expect(disk.firstElement(named: "source")?.attributes.map(\.value) == ["/dev/c"])
  }

  @Test("an empty drive gets a source of its own")
  func emptyDrive() throws {
    var disk = try element("<disk type='file'><target dev='sda'/></disk>")
    disk.putDisk(on: "/a/medium", format: "raw")
    #expect(disk == (try element("<disk type='file'><target dev='sda'/><source file='/a/medium'/></disk>")))
  }

  @Test("disks are told apart by the guest's name for them, and others stay as they are")
  func choosing() throws {
    let xml =
      "<domain><devices><disk type='file'><source file='/1'/><target dev='vda'/></disk>"
      + "<disk type='file'><source file='/2'/><target dev='vdb'/></disk></devices></domain>"
    let moved = try element(xml).withDisks(at: ["vdb": DiskChain.Image(path: "/3", format: "qcow2")])
    let disks = moved.elements(named: "devices").flatMap { $0.elements(named: "disk") }
    #expect(disks.map { $0.firstElement(named: "source")?.attribute("file") } == ["/1", "/3"])
    let replaced = try DiskDefinition.replacing(
      "vda", with: DiskChain.Image(path: "/4", format: "raw"), inDomainXML: xml)
    #expect(replaced.contains("/4") && replaced.contains("/2") && !replaced.contains("/1"))
  }
}
