import Foundation
import Libvirt
import TestSupport

@testable import Operations

/// A shut-off domain of libvirt's test driver whose disk `vda`, or two, is on real images, with external snapshots of it.
struct SnapshotImagesFixture {
  let directory: TemporaryDirectory
  let domain: Domain

  /// - Parameters:
  ///   - disk: The image that the domain is on.
  ///   - images: What is made, each on the one that is named before; the first of a row stands on nothing.
  ///   - snapshots: Parents before their children.
  ///   - current: The current one; the last of them where it is left out.
  ///   - other: The image that the disk `vdb` is on, if there is one.
  ///   - others: What snapshots took of `vdb`, by their names.
  /// - Throws: What kept it from being made.
  init(
    disk: String, images: [[String]],
    snapshots: [(name: String, parent: String?, frozen: String, overlay: String)], current: String? = nil,
    other: String? = nil, others: [String: (frozen: String, overlay: String)] = [:]
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
    func device(_ target: String, _ image: String?) -> String {
      guard let image else { return "" }
      return """
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
        <source file='\(directory.file(image))'/><target dev='\(target)' bus='virtio'/></disk>
        """
    }
    func definition(_ image: String, _ other: String?) -> String {
      """
      <domain type='test'><name>guest</name><uuid>6a1b2c3d-0000-4000-8000-000000000001</uuid><memory>8192</memory>
      <os><type>hvm</type></os><devices>\(device("vda", image) + device("vdb", other))</devices></domain>
      """
    }
    func taken(_ target: String, _ overlay: String?) -> String {
      guard let overlay else { return "" }
      return """
        <disk name='\(target)' snapshot='external' type='file'><driver type='qcow2'/>
        <source file='\(directory.file(overlay))'/></disk>
        """
    }
    // A node of its own: others of this process are on the driver's default one.
    let node = directory.file("node.xml")
    try "<node/>".write(toFile: node, atomically: true, encoding: .utf8)
    let connection = try Connection(uri: "test://\(node)")
    domain = try connection.defineDomain(xml: definition(disk, other))
    for (index, snapshot) in snapshots.enumerated() {
      let parent = snapshot.parent.map { "<parent><name>\($0)</name></parent>" } ?? ""
      let xml = """
        <domainsnapshot><name>\(snapshot.name)</name><state>shutoff</state>\(parent)
        <creationTime>\(1_767_225_600 + index)</creationTime><memory snapshot='no'/><disks>
        \(taken("vda", snapshot.overlay) + taken("vdb", others[snapshot.name]?.overlay))</disks>
        \(definition(snapshot.frozen, others[snapshot.name]?.frozen))</domainsnapshot>
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
