import DiskIO
import Glibc
import SystemPackage
import VMA

/// The disks of an archived guest in a new directory, and its definition with those disks; no libvirt is asked.
///
/// Images are called `GUEST-TARGET.FORMAT`. A failure or a cancellation leaves nothing.
public struct GuestExtraction {
  /// What was made.
  public struct Result: Sendable {
    /// The guest's name.
    public let name: String
    /// The disks in their new places.
    public let disks: [GuestDisk]
    /// Sizes by target, in bytes.
    public let sizes: [String: UInt64]
    /// Where the definition is.
    public let definition: String
    /// What was read and what that proves.
    public let report: ArchiveReport?
  }

  private let restore: GuestRestore
  private let directory: String

  /// Reads what the archive says of its guest; nothing is touched.
  ///
  /// - Parameters:
  ///   - archive: of a libvirt guest.
  ///   - directory: an absolute path at which nothing is.
  ///   - format: of the images; as the archive says where nothing is said.
  ///   - preallocation: how much of their storage is taken at once.
  /// - Throws: ``GuestArchiveError``.
  public init(
    _ archive: any RestoreSource, into directory: String, format: ImageFormat?,
    preallocation: Preallocation = .off
  ) throws {
    var wishes = GuestRestore.Wishes()
    wishes.ending = .disksOnly
    wishes.directory = directory
    wishes.format = format
    wishes.preallocation = preallocation
    // A name of its own, even if it is the same, names the files after the guest, so that no two are alike.
    wishes.name = try GuestRestore(archive, wishes).name
    wishes.keepsIdentity = true
    restore = try GuestRestore(archive, wishes)
    self.directory = directory
  }

  /// Reads the archive to its end.
  ///
  /// - Parameters:
  ///   - cancellation: asked whether it is still wanted.
  ///   - progress: told every few MiB.
  /// - Throws: ``ArchiveOperationError``, ``PlanFailure``.
  /// - Returns: what was made.
  public func run(cancellation: Cancellation, progress: (any ProgressReceiver)?) throws -> Result {
    guard mkdir(directory, 0o777) == 0 else {
      throw ArchiveOperationError.targetDirectory(path: directory, errno: Errno(rawValue: errno))
    }
    do {
      return try extract(cancellation, progress)
    } catch {
      // Files that have no name yet went with their values.
      rmdir(directory)
      throw error
    }
  }

  private func extract(_ cancellation: Cancellation, _ progress: (any ProgressReceiver)?) throws -> Result {
    let definition = try PartialFile(path: "\(directory)/\(GuestArchiveWriting.domainConfig)")
    let text = Array(restore.identity().text(layout: .libvirt).utf8)
    try text.withUnsafeBytes { try definition.write($0, at: 0) }
    let made = try restore.run(on: nil, cancellation: cancellation, progress: progress)
    try definition.complete()
    let sizes = restore.archive.header.devices.map { ($0.name, $0.size) }
    return Result(
      name: made.name, disks: made.disks,
      sizes: Dictionary(
        made.disks.compactMap { disk in
          sizes.first { $0.0 == disk.device }.map { (disk.target, $0.1) }
        }, uniquingKeysWith: { first, _ in first }), definition: definition.path, report: made.report)
  }
}
