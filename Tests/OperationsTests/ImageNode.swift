import Foundation
import Libvirt
import TestSupport

/// A node of libvirt's test driver with one domain that is shut off, and images that are real: what a chain needs of both.
struct ImageNode {
  let directory: TemporaryDirectory
  let connection: Connection
  let domain: Domain

  /// Makes the images, then the domain.
  ///
  /// - Parameters:
  ///   - disks: The `<disk>` elements; `@` stands for the directory.
  ///   - snapshots: The `<test:domainsnapshot>` elements; `@` stands for the directory.
  ///   - images: Makes files in the directory.
  /// - Throws: What the images, the file or libvirt throw.
  init(
    disks: String, snapshots: String = "", images: (TemporaryDirectory) throws -> Void = { _ in }
  ) throws {
    directory = try TemporaryDirectory(prefix: "snapsh-chain")
    try images(directory)
    let document = """
      <node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
      <name>guest</name><uuid>11111111-dddd-4ddd-8ddd-000000000001</uuid><memory>8192</memory>
      <os><type>hvm</type></os><devices>\(disks)</devices>\(snapshots)<test:runstate>5</test:runstate>
      </domain></node>
      """
    let file = try directory.write(
      text: document.replacingOccurrences(of: "@", with: directory.path), to: "node.xml")
    connection = try Connection(uri: "test://" + file)
    domain = try connection.domain(named: "guest")
  }

  /// A disk of type file.
  static func disk(_ target: String, _ file: String, format: String? = "qcow2") -> String {
    let driver = format.map { "<driver name='qemu' type='\($0)'/>" } ?? ""
    return "<disk type='file' device='disk'>\(driver)<source file='\(file)'/><target dev='\(target)'/></disk>"
  }

  /// A snapshot that put overlays on disks: for each disk target, file before, file after.
  static func snapshot(
    _ name: String, parent: String? = nil, memory: String = "", location: String = "external",
    _ disks: [(target: String, before: String, after: String)]
  ) -> String {
    let parts = disks.map { disk in
      let source =
        location == "external" ? "<driver type='qcow2'/><source file='\(disk.after)'/>" : ""
      return "<disk name='\(disk.target)' snapshot='\(location)'>\(source)</disk>"
    }
    let former = disks.map { Self.disk($0.target, $0.before) }.joined()
    return """
      <test:domainsnapshot><name>\(name)</name>
      <state>\(memory.isEmpty ? "shutoff" : "running")</state><creationTime>1600000000</creationTime>
      \(parent.map { "<parent><name>\($0)</name></parent>" } ?? "")\(memory)<disks>\(parts.joined())</disks>
      <domain type='test'><name>guest</name><uuid>11111111-dddd-4ddd-8ddd-000000000001</uuid>
      <memory>8192</memory><os><type>hvm</type></os><devices>\(former)</devices></domain>
      <active>0</active></test:domainsnapshot>
      """
  }

  /// Makes an image, on top of another where one is named.
  static func makeImage(
    _ name: String, in directory: TemporaryDirectory, format: String = "qcow2", backing: String? = nil,
    backingFormat: String = "qcow2", size: String? = "16M"
  ) throws {
    var words = [try require(tool: "qemu-img"), "create", "-q", "-f", format]
    // -u: what is named need not exist.
    if let backing { words += ["-u", "-b", backing, "-F", backingFormat] }
    try run(words + [name] + (size.map { [$0] } ?? []), directory: directory.path).check()
  }
}
