import Glibc

/// What an image's header says (`qemu-img info`).
public struct ImageInformation: Decodable, Equatable, Sendable {
  /// A snapshot inside an image.
  public struct StoredSnapshot: Decodable, Equatable, Sendable {
    /// The name; QEMU lets several have the same.
    public let name: String
    /// QEMU's number of it.
    public let id: String
    /// Bytes of the guest's memory stored with it; 0 for a snapshot of the disk alone.
    public let memorySize: UInt64

    private enum CodingKeys: String, CodingKey {
      case name
      case id
      case memorySize = "vm-state-size"
    }
  }

  /// Bytes that the guest sees.
  public let virtualSize: UInt64
  /// Bytes that the image takes on its storage; `nil` where its driver cannot tell.
  public let allocatedSize: UInt64?
  /// The file below as the header names it, relative names included; `nil` for none.
  public let backingFile: String?
  /// The format of the file below, where the header records one.
  public let backingFormat: String?
  private let fullBackingFile: String?
  private let snapshots: [StoredSnapshot]?

  /// The absolute path of the file below; `nil` for none, and for one that is no plain file.
  public var backingPath: String? {
    backingName.flatMap { $0.hasPrefix("/") ? $0 : nil }
  }

  /// The absolute path of the file below, or what QEMU opens instead: `nbd://…`, `json:{…}`; `nil` for none.
  public var backingName: String? { fullBackingFile ?? backingFile }

  /// The snapshots inside.
  public var storedSnapshots: [StoredSnapshot] { snapshots ?? [] }

  private enum CodingKeys: String, CodingKey {
    case virtualSize = "virtual-size"
    case allocatedSize = "actual-size"
    case backingFile = "backing-filename"
    case fullBackingFile = "full-backing-filename"
    case backingFormat = "backing-filename-format"
    case snapshots
  }
}

/// What can be told of an image without opening it.
extension QemuImage {
  /// Bytes that a file takes on its storage (`st_blocks`); `nil` for a block device, which has no number of its own.
  ///
  /// - Throws: ``DiskIOError`` `.system` (`ENOENT` for a missing file), `.notADisk`.
  public static func allocatedSize(path: String) throws(DiskIOError) -> UInt64? {
    let status = try requireImageFile(path)
    guard FileKind(mode: status.st_mode) == .regular else { return nil }
    return UInt64(exactly: status.st_blocks).map { $0.multipliedReportingOverflow(by: 512).partialValue }
  }

  /// Whether a path names a block device of this host.
  public static func isBlockDevice(path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && FileKind(mode: status.st_mode) == .blockDevice
  }

  /// Refuses what holds no image. Nothing is opened: a pipe would be waited at.
  @discardableResult
  static func requireImageFile(_ path: String) throws(DiskIOError) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw DiskIOError.lastErrno("open", path) }
    let kind = FileKind(mode: status.st_mode)
    guard kind == .regular || kind == .blockDevice else {
      throw DiskIOError.notADisk(path: path, kind: kind?.words ?? "not a regular file")
    }
    return status
  }
}
