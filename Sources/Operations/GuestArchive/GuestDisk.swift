import DiskIO
import Libvirt
import XMLTree

/// A disk of a guest that an archive takes, as the `<domain>` document names it. Drives for media are none.
public struct GuestDisk: Codable, Equatable, Sendable {
  /// The guest's name for it, such as `vda`.
  public let target: String
  /// What kind of storage holds it: `file`, `block`, `network`, …
  public let type: String
  /// The format of its topmost image, as libvirt's `<driver type=…>` says; `raw` where nothing is said, as libvirt takes it.
  public let format: String
  /// The topmost image: a path, a device, or a name on a server.
  public let source: String

  /// What the disk is called in an archive, after Proxmox's habit.
  public var device: String { "drive-\(target)" }

  /// Whether the source is a path on this machine.
  var isLocal: Bool { type == "file" || type == "block" }

  /// The directory of the topmost image; nil where it is no file.
  var directory: String? {
    guard type == "file", let end = source.lastIndex(of: "/") else { return nil }
    return String(source[..<end])
  }

  /// The disks of a `<domain>` document, in its order.
  ///
  /// - Throws: `XMLError` when the text is not a document.
  public static func disks(inDomainXML xml: String) throws(XMLError) -> [GuestDisk] {
    try XMLDocument.parse(xml).root.elements(named: "devices").flatMap { $0.elements(named: "disk") }
      .compactMap(GuestDisk.init)
  }

  private init?(_ disk: XMLElement) {
    guard ["disk", "lun"].contains(disk.attribute("device") ?? "disk"),
      let target = disk.firstElement(named: "target")?.attribute("dev"),
      let source = disk.firstElement(named: "source"),
      let place = ["file", "dev", "name", "volume", "path"].lazy.compactMap({ source.attribute($0) }).first
    else { return nil }
    self.target = target
    type = disk.attribute("type") ?? "file"
    format = disk.firstElement(named: "driver")?.attribute("type") ?? "raw"
    self.source = place
  }

  /// The disk as another image.
  ///
  /// - Parameters:
  ///   - path: a file's path.
  ///   - format: its format.
  /// - Returns: the disk with that file behind it.
  func moved(to path: String, format: String) -> GuestDisk {
    GuestDisk(target: target, type: "file", format: format, source: path)
  }

  /// Puts a `<disk>` of the same target here; only for paths, `type` being `file` or `block`.
  func place(_ disk: inout XMLElement) {
    disk.putDisk(on: source, format: format, isBlockDevice: type == "block")
  }

  private init(target: String, type: String, format: String, source: String) {
    self.target = target
    self.type = type
    self.format = format
    self.source = source
  }

  /// Opens the disk's images for reading, all of its chain together.
  ///
  /// - Throws: ``GuestArchiveError`` for a disk on a server; `DiskIOError`, also while a QEMU writes to the image.
  func openImages() throws -> any DiskSource {
    guard isLocal else { throw GuestArchiveError.diskNotLocal(target: target, type: type) }
    return try DiskImage.open(path: source, format: ImageFormat(format))
  }
}

/// Which of a guest's disks are wanted.
public struct GuestDiskSelection: Equatable, Sendable {
  /// The targets that are wanted alone; all disks where there are none.
  public var included: [String]
  /// The targets that are not wanted.
  public var excluded: [String]

  /// So many, less those.
  public init(included: [String] = [], excluded: [String] = []) {
    self.included = included
    self.excluded = excluded
  }

  /// The wanted ones of a guest's disks, in their order.
  ///
  /// - Throws: ``GuestArchiveError`` for a target that the guest does not have, and where no disk is left.
  func of(_ disks: [GuestDisk], domain: String) throws(GuestArchiveError) -> [GuestDisk] {
    let known = disks.map(\.target)
    if let unknown = (included + excluded).first(where: { !known.contains($0) }) {
      throw .unknownDisk(target: unknown, domain: domain, known: known)
    }
    let wanted = disks.filter {
      (included.isEmpty || included.contains($0.target)) && !excluded.contains($0.target)
    }
    guard !wanted.isEmpty else { throw .noDisks(domain: domain) }
    return wanted
  }
}
