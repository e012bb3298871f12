import Compression
import Glibc
import SystemPackage
import VMA

/// Packs an archive anew: device by device, clusters in ascending order, with digests.
///
/// Configs, devices, UUID and time stay as they are unless others are asked for. A memory stream stores its zeros, as
/// Proxmox's reader needs it.
public struct ArchiveConversion {
  private let compression: CompressionSetting?
  private let identity: ArchiveIdentity
  private let progress: (any ProgressReceiver)?
  private let cancellation: Cancellation

  /// What came of it.
  public struct Result: Sendable {
    /// What was written.
    public let archive: ArchiveSummary
    /// The new archive's UUID.
    public let uuid: ArchiveUUID
    /// Whether the old archive carried digests, so that what was read of it is known to be what was once written.
    public let wasChecked: Bool
  }

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - identity: UUID and time, where they are not to be the old ones.
  ///   - compression: how the new archive is compressed; nil leaves it as it is.
  ///   - progress: told about every few MiB.
  ///   - cancellation: asked as often.
  public init(
    identity: ArchiveIdentity, compression: CompressionSetting?, progress: (any ProgressReceiver)?,
    cancellation: Cancellation
  ) {
    self.identity = identity
    self.compression = compression
    self.progress = progress
    self.cancellation = cancellation
  }

  /// Does it.
  ///
  /// - Parameters:
  ///   - path: the archive, compressed or not, or `-` for standard input.
  ///   - destination: where the new one goes.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, ``CancelledError``.
  /// - Returns: what was written.
  public func run(from path: String, to destination: ArchiveDestination) throws -> Result {
    let archive = try open(path, beside: destination)
    let header = archive.index.header
    for device in archive.index.devices where device.absentClusters > 0 {
      throw ArchiveOperationError.incomplete(
        path: archive.path, device: device.device.name, clusters: device.absentClusters)
    }
    // A memory stream without a byte is no device that could be written again.
    let positions = archive.index.devices.indices.filter { archive.index.devices[$0].length > 0 }
    let contents = ArchiveContents(
      configs: header.configs,
      devices: try positions.map {
        .init(disk: archive.index.devices[$0].device.name, try ArchiveDeviceSource(archive, $0))
      })
    var identity = identity
    if !identity.isReproducible {
      identity.uuid = identity.uuid ?? header.uuid
      identity.creationTime = identity.creationTime ?? header.creationTime
    }
    let described = try identity.header(configs: contents.configs, devices: contents.archiveDevices())
    identity.uuid = described.uuid
    identity.creationTime = described.creationTime
    let creation = ArchiveCreation(
      contents, identity: identity, compression: compression, progress: progress, cancellation: cancellation)
    return Result(
      archive: try creation.run(to: destination), uuid: described.uuid,
      wasChecked: header.integrity == .digests)
  }

  /// The archive where it is, or unpacked into a file without a name where it cannot be read in any order.
  private func open(_ path: String, beside destination: ArchiveDestination) throws -> IndexedArchive {
    if path != "-" {
      do {
        return try IndexedArchive(path: path, cancellation: cancellation)
      } catch ArchiveOperationError.notRandomAccess {}
    }
    var directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    if case .path(let path) = destination {
      // Where there must be room for the new archive too.
      let parent = FilePath(path).removingLastComponent().string
      directory = parent.isEmpty ? "." : parent
    }
    return try IndexedArchive(
      unpacking: path, in: directory, cancellation: cancellation)
  }
}
