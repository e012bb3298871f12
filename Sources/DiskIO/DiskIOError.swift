import Glibc
import SystemPackage

/// What went wrong while a disk image, an NBD export or an output file was read or written.
public enum DiskIOError: Error, Equatable, Sendable {
  /// A system call failed. `operation` completes "cannot …"; `offset` is in bytes of the disk.
  case system(operation: String, path: String, errno: Errno, offset: UInt64?)
  /// The path names something that holds no disk: a directory, a pipe, a terminal.
  case notADisk(path: String, kind: String)
  /// The disk holds no bytes at all.
  case empty(path: String)
  /// The file ended before the size (bytes) that it had when it was opened.
  case shrank(path: String, offset: UInt64, size: UInt64)
  /// A QEMU process has the image open for writing (its lock on the file says so).
  case inUse(path: String)
  /// An output path is taken already.
  case exists(path: String)
  /// A range of bytes that lies outside of the disk.
  case outOfRange(path: String, offset: UInt64, count: Int, size: UInt64)
  /// libnbd or the NBD server refused. `message` is libnbd's own, without its function prefix.
  case nbd(operation: String, name: String, message: String, errno: Errno, offset: UInt64?)
  /// What holds the disk cannot give a part of it. `reason` is a sentence.
  case unreadable(path: String, reason: String)
  /// The image format is none that QEMU reads from a file.
  case unknownFormat(String)
  /// The image names a backing file without saying its format, which would have to be guessed from its content.
  case backingFormatMissing(path: String, backing: String)
  /// A program that is needed is not installed. `package` is Debian's name for where it comes from.
  case toolMissing(tool: String, package: String)
  /// A program ended badly. `reason` is what it said on standard error.
  case toolFailed(tool: String, reason: String)
}

extension DiskIOError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .system(let operation, let path, let errno, let offset):
      return "cannot \(operation) '\(path)'\(at(offset)): \(errno)"
    case .notADisk(let path, let kind):
      return "'\(path)' is \(kind), not a disk image or block device"
    case .empty(let path):
      return "'\(path)' is empty (0 bytes): there is no disk to read"
    case .shrank(let path, let offset, let size):
      return "'\(path)' shrank while it was read: no data at byte \(offset) of \(size); "
        + "stop whatever changes it and try again"
    case .inUse(let path):
      return
        "'\(path)' is in use by a running QEMU that writes to it; shut the guest down or take a snapshot first"
    case .exists(let path):
      return "'\(path)' exists already; remove it or choose another name"
    case .outOfRange(let path, let offset, let count, let size):
      return "\(count) bytes at byte \(offset) lie outside of '\(path)', which has \(size) bytes"
    case .nbd(let operation, let name, let message, _, let offset):
      return "cannot \(operation) '\(name)'\(at(offset)): \(message)"
    case .unreadable(let path, let reason):
      return "'\(path)' cannot be read: \(reason)"
    case .unknownFormat(let format):
      return "'\(format)' is not an image format that can be read; use one of "
        + ImageFormat.known.joined(separator: ", ")
    case .backingFormatMissing(let path, let backing):
      return
        "'\(path)' does not say what format its backing file '\(backing)' has, and guessing is not safe; "
        + "record it with qemu-img rebase -u -b FILE -F FORMAT IMAGE"
    case .toolMissing(let tool, let package):
      return "the program \(tool) was not found; install the package \(package)"
    case .toolFailed(let tool, let reason):
      return "\(tool) failed: \(reason)"
    }
  }

  private func at(_ offset: UInt64?) -> String {
    guard let offset else { return "" }
    return " at byte \(offset)"
  }

  /// The current `errno` as an error about `path`.
  static func lastErrno(_ operation: String, _ path: String, at offset: UInt64? = nil) -> DiskIOError {
    .system(operation: operation, path: path, errno: Errno(rawValue: errno), offset: offset)
  }
}
