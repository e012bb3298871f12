import DiskIO
import Glibc
import Libvirt
import SystemPackage

/// Going over to the second storage without a guest: what it wrote last is in the overlay on the first one, and is copied
/// from there.
///
/// May be begun again after a crash: the mirror gets its name only once it is whole, and the definition comes last.
struct OfflinePivot {
  let disk: MirrorRecord.Disk
  /// The file on the second storage.
  let mirror: DiskChain.Image
  /// What it stands on.
  let below: DiskChain.Image

  /// The pivot of a disk whose mirror is there; what the mirror stands on is read from its header.
  ///
  /// - Throws: `DiskIOError`; ``MirrorError`` `.file` where the mirror stands on nothing that can be found.
  init(of disk: MirrorRecord.Disk, to path: String) throws {
    let header = try QemuImage.information(path: path, format: ImageFormat(disk.format))
    guard let backing = header.backingPath, let format = header.backingFormat, StorageCheck.exists(backing)
    else {
      throw MirrorError.file(
        disk: disk.target, path: path,
        reason: "stands on no image that is there; stay on the first storage with --abort-mirror")
    }
    self.init(
      disk: disk, mirror: .init(path: path, format: disk.format), below: .init(path: backing, format: format))
  }

  /// As its parts say.
  init(disk: MirrorRecord.Disk, mirror: DiskChain.Image, below: DiskChain.Image) {
    self.disk = disk
    self.mirror = mirror
    self.below = below
  }

  /// Copies the overlay and puts the shut-off domain on the copy; one that is not on the overlay is let be.
  ///
  /// - Throws: `DiskIOError`, libvirt's error.
  func run(on domain: Domain) throws {
    let xml = try domain.xml([.inactive, .secure])
    let top = try DiskChain.chains(inDomainXML: xml).first { $0.target == disk.target }?.top
    guard top?.path == disk.overlay else { return }
    let format = try ImageFormat(mirror.format)
    let belowFormat = try ImageFormat(below.format)
    try UnfinishedFile.remove(of: mirror.path)
    let place = FilePath(mirror.path)
    let draft = place.removingLastComponent().appending(
      TemporaryName.new(for: place.lastComponent?.string ?? "mirror")
    ).string
    try QemuImage.make(path: draft, format: format, size: nil, backing: (below.path, belowFormat))
    FileOwner.copy(from: disk.overlay, to: draft)
    try QemuImage.copy(
      from: (disk.overlay, ImageFormat(disk.format)), onto: (draft, format), above: (below.path, belowFormat))
    // QEMU's tool leaves that to the kernel.
    try flush(draft)
    guard rename(draft, mirror.path) == 0 else { throw failure("put in place", draft) }
    let moved = try DiskDefinition.replacing(disk.target, with: mirror, inDomainXML: xml)
    _ = try domain.connection.defineDomain(xml: moved)
  }

  private func flush(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("flush", path) }
  }

  private func failure(_ operation: String, _ path: String) -> DiskIOError {
    .system(operation: operation, path: path, errno: .init(rawValue: errno), offset: nil)
  }
}
