import DiskIO
import FoundationEssentials
import Glibc
import Libvirt
import SaveImage
import SystemPackage
import VMA
import XMLTree

/// Puts a guest's disks, memory and configuration of one instant into an archive.
struct GuestArchiveWriting {
  /// The archive's config that holds the `<domain>` document.
  static let domainConfig = "libvirt-domain.xml"
  /// The archive's config that holds the guest's snapshots.
  static let snapshotsConfig = "snapshots.xml"
  /// The device that holds the guest's UEFI variables.
  static let nvramDevice = "nvram"

  /// The guest.
  let domain: Domain
  /// How the archive is made.
  let mode: ArchiveManifest.Guest.Mode
  /// What its disks are like.
  let consistency: ArchiveManifest.Guest.Consistency
  /// The instant that it shows, in seconds since 1970.
  let instant: Int64
  /// Whether the guest ran then; nil where the save image is to tell.
  let wasRunning: Bool?
  /// Whether the guest's files are on this host.
  var isHere = true
  /// Called once all is read, before the archive is completed; throws what speaks against that.
  var confirm: () throws -> Void = {}

  /// Writes the archive.
  ///
  /// - Parameters:
  ///   - disks: the disks, open.
  ///   - savedMemory: the path of a save image of the same instant; nil without memory.
  ///   - request: where to, and who is told.
  /// - Throws: `SaveImageError`, ``ArchiveOperationError``, `DiskIOError`, `LibvirtError`, ``CancelledError``.
  /// - Returns: what is in the archive.
  func write(
    _ disks: [(disk: GuestDisk, source: any DiskSource)], savedMemory: String?,
    _ request: GuestArchiveRequest
  ) throws -> GuestArchiveResult {
    let memory = try savedMemory.map { try SavedMemory(path: $0) }
    let xml = try memory.map { String(decoding: $0.image.domainXML, as: UTF8.self) } ?? definition()
    var devices = disks.map { ArchiveContents.Device(disk: $0.disk.device, $0.source) }
    let nvram = try openNVRAM(inDomainXML: xml)
    if let nvram { devices.append(.init(disk: Self.nvramDevice, nvram)) }
    if let memory { devices.append(.init(memory: memory.stream)) }
    let guest = try ArchiveManifest.Guest(
      name: domain.name, uuid: domain.uuid(), mode: mode, consistency: consistency,
      instant: Date(timeIntervalSince1970: TimeInterval(instant)).formatted(.iso8601),
      instantSeconds: instant,
      wasRunning: wasRunning ?? memory?.image.header.wasRunning ?? false,
      cookie: memory?.image.cookieXML.map { String(decoding: $0, as: UTF8.self) },
      nvramDevice: nvram == nil ? nil : Self.nvramDevice)
    let manifest = ArchiveManifest(
      memory: memory.map { .init(device: Layout.vmstateName, length: $0.stream.contentSize) },
      disks: disks.map {
        .init(device: $0.disk.device, size: $0.source.size, target: $0.disk.target, format: $0.disk.format)
      }, guest: guest)
    var configs = [ArchiveConfig(name: Self.domainConfig, data: Array(xml.utf8)), try manifest.config()]
    if let snapshots = try snapshots() {
      configs.append(ArchiveConfig(name: Self.snapshotsConfig, data: Array(snapshots.utf8)))
    }
    configs.append(
      try ProxmoxConfiguration(
        XMLDocument.parse(xml).root, disks: disks.map(\.disk),
        nvram: nvram.map { (Self.nvramDevice, $0.size) }
      ).config)
    for config in configs where config.data.count > Layout.maximumBlob {
      throw ArchiveOperationError.configTooLarge(path: config.name)
    }
    let contents = ArchiveContents(configs: configs, devices: devices)
    let summary =
      if case .directory(let path, let format) = request.destination {
        try GuestDirectoryCreation(
          contents, format: format, progress: request.progress, cancellation: request.cancellation,
          confirm: confirm
        ).run(to: path)
      } else {
        try ArchiveCreation(
          contents, compression: request.compression, progress: request.progress,
          cancellation: request.cancellation, confirm: confirm
        ).run(to: request.destination)
      }
    return GuestArchiveResult(guest: guest, disks: disks.map(\.disk), summary: summary)
  }

  /// What the guest boots with next; a guest without a definition has only what it runs with.
  private func definition() throws -> String {
    try domain.xml(domain.isPersistent() ? [.inactive, .secure] : [.secure])
  }

  /// The guest's snapshots as one document; nil where there are none, or more than an archive has room for.
  private func snapshots() throws -> String? {
    let all = try domain.snapshots()
    guard !all.isEmpty else { return nil }
    let text = "<snapshots>\n" + (try all.map { try $0.xml() }.joined()) + "</snapshots>\n"
    return text.utf8.count > Layout.maximumBlob ? nil : text
  }

  private func openNVRAM(inDomainXML xml: String) throws -> (any DiskSource)? {
    guard isHere, let path = UEFIVariables.path(in: try XMLDocument.parse(xml).root), path.hasPrefix("/")
    else { return nil }
    var status = stat()
    guard stat(path, &status) == 0, let size = UInt64(exactly: status.st_size), size > 0 else { return nil }
    return try FileRegion(path: path, offset: 0, length: size)
  }
}

/// The memory inside of a save image.
private struct SavedMemory {
  let image: SaveImage
  let stream: FileRegion

  init(path: String) throws {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      image = try file.closeAfter { try SaveImage(reading: file) }
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "open", path: path, errno: error)
    }
    try image.requireRawMemory()
    stream = try FileRegion(
      path: path, offset: UInt64(image.memoryOffset), length: UInt64(image.memoryLength))
  }
}
