import SaveImage
import SystemPackage

/// What keeps an archive from being received from QEMU, apart from errors of sockets and of the archive itself.
public enum ArchiveReceptionError: Error, Equatable, Sendable {
  /// Two drives have the same name.
  case duplicateDrive(String)
  /// A drive has the name that marks a memory stream.
  case reservedName(String)
  /// A drive has no bytes.
  case emptyDrive(String)
  /// Neither drives nor memory were asked for.
  case nothingToReceive
  /// Nobody has connected to a drive.
  case notConnected(drive: String)
  /// Not all of a drive has come: the first byte that is missing, and how many clusters of 64 KiB are not whole.
  case incomplete(drive: String, first: UInt64, clusters: UInt64, of: UInt64)
  /// A client wrote again to what is in the archive already. `offset` is in bytes of the drive.
  case rewritten(drive: String, offset: UInt64)
  /// Nobody has sent the memory stream.
  case noMemory
  /// The memory stream is not whole, or is none.
  case brokenMemory(MigrationStreamCheck.Fault)
  /// The memory stream's socket failed.
  case memorySocket(Errno)
  /// The memory stream is longer than its bound (bytes).
  case memoryTooLong(limit: UInt64)
  /// Nothing arrived for so many seconds; `missing` says what is still awaited.
  case timeout(seconds: Int, missing: String)
  /// The file for parts of clusters failed. `operation` completes "cannot …".
  case scratch(operation: String, directory: String, errno: Errno)
}

extension ArchiveReceptionError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .duplicateDrive(let name):
      "the drive '\(name)' is named twice; every drive needs a name of its own"
    case .reservedName(let name):
      "a drive cannot be called '\(name)', which is the name of the memory stream; choose another"
    case .emptyDrive(let name):
      "the drive '\(name)' has a size of 0 bytes; give the size of the guest's disk"
    case .nothingToReceive:
      "there is nothing to receive; name drives, or a socket for the memory stream"
    case .notConnected(let drive):
      "nobody connected to drive '\(drive)', so there is no archive; start its backup before the others end, "
        + "or wait for all drives"
    case .incomplete(let drive, let first, let clusters, let count):
      "drive '\(drive)' is incomplete: \(clusters) of its \(count) clusters of 64 KiB are not whole, and the first byte "
        + "that was never written is \(first); copy the whole disk, or say that what is not written is zero"
    case .rewritten(let drive, let offset):
      "drive '\(drive)' was written again at byte \(offset), which is in the archive already; an archive takes each "
        + "cluster of 64 KiB once, so copy a disk that does not change, from a snapshot or with a backup job"
    case .noMemory:
      "nobody sent the memory stream, so there is no archive"
    case .brokenMemory(.empty):
      "the memory stream ended before its first byte; the migration has failed, and QEMU's query-migrate says why"
    case .brokenMemory(.notAStream):
      "what was sent as the memory stream is no migration stream of QEMU"
    case .brokenMemory(.cut(let length)):
      "the memory stream ended after \(length) bytes without its end mark; the migration was cancelled or has failed, "
        + "and QEMU's query-migrate says why"
    case .memorySocket(let errno):
      "the memory stream cannot be read from its socket: \(errno)"
    case .memoryTooLong(let limit):
      "the memory stream is longer than \(limit) bytes, for which the archive has room; "
        + "let the guest write less while it migrates, or raise the limit"
    case .timeout(let seconds, let missing):
      "nothing arrived for \(seconds) seconds, and \(missing)"
    case .scratch(let operation, let directory, let errno):
      "cannot \(operation) a file for parts of clusters in '\(directory)': \(errno); choose another directory for it"
    }
  }
}
