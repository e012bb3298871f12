import Foundation
import Libvirt
import TestSupport

@testable import Operations

/// A shut-off domain of libvirt's test driver whose disk `vda` is on real images, with external snapshots of it.
struct SnapshotImagesFixture {
  let directory: TemporaryDirectory
  let domain: Domain

  /// - Parameters:
  ///   - disk: The image that the domain is on.
  ///   - images: What is made, each on the one that is named before; the first of a row stands on nothing.
  ///   - snapshots: Parents before their children.
  ///   - current: The current one; the last of them where it is left out.
  /// - Throws: What kept it from being made.
  init(
    disk: String, images: [[String]],
    snapshots: [(name: String, parent: String?, frozen: String, overlay: String)], current: String? = nil
  ) throws {
    directory = try TemporaryDirectory()
    let directory = directory
    for row in images {
      for (index, name) in row.enumerated()
      where !FileManager.default.fileExists(atPath: directory.file(name)) {
        let backing = index == 0 ? [] : ["-b", directory.file(row[index - 1]), "-F", "qcow2"]
        try run(
          [try require(tool: "qemu-img"), "create", "-q", "-f", "qcow2"] + backing + [directory.file(name)]
            + (index == 0 ? ["1M"] : [])
        ).check()
      }
    }
    func definition(_ image: String) -> String {
      """
      <domain type='test'><name>guest</name><uuid>6a1b2c3d-0000-4000-8000-000000000001</uuid><memory>8192</memory>
      <os><type>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='\(directory.file(image))'/><target dev='vda' bus='virtio'/></disk></devices></domain>
      """
    }
    // A node of its own: others of this process are on the driver's default one.
    let node = directory.file("node.xml")
    try "<node/>".write(toFile: node, atomically: true, encoding: .utf8)
    let connection = try Connection(uri: "test://\(node)")
    domain = try connection.defineDomain(xml: definition(disk))
    for (index, snapshot) in snapshots.enumerated() {
      let parent = snapshot.parent.map { "<parent><name>\($0)</name></parent>" } ?? ""
      let xml = """
        <domainsnapshot><name>\(snapshot.name)</name><state>shutoff</state>\(parent)
        <creationTime>\(1_767_225_600 + index)</creationTime><memory snapshot='no'/><disks>
        <disk name='vda' snapshot='external' type='file'><driver type='qcow2'/>
        <source file='\(directory.file(snapshot.overlay))'/></disk></disks>\(definition(snapshot.frozen))</domainsnapshot>
        """
      _ = try domain.createSnapshot(
        xml: xml, snapshot.name == current ?? snapshots.last?.name ? [.redefine, .current] : .redefine)
    }
  }

  func deletion(of snapshot: String, _ extent: SnapshotDeletion.Extent = .itself) throws -> SnapshotDeletion {
    try SnapshotDeletion(domain.snapshot(named: snapshot), extent)
  }

  /// Takes an image out of sight, as a storage does that is not mounted.
  func hide(_ image: String) throws {
    try FileManager.default.moveItem(
      atPath: directory.file(image), toPath: directory.file(image + ".away"))
  }

  func show(_ image: String) throws {
    try FileManager.default.moveItem(
      atPath: directory.file(image + ".away"), toPath: directory.file(image))
  }
}
