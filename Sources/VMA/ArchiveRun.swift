/// A stretch of a device as it comes out of an archive.
public struct ArchiveRun {
  /// The device.
  public let device: ArchiveDevice
  /// Where the stretch begins in the device, in bytes.
  public let offset: UInt64
  /// What stands there.
  public let content: Content

  /// A stretch that comes from elsewhere and is handed on like an archive's.
  public init(device: ArchiveDevice, offset: UInt64, content: Content) {
    self.device = device
    self.offset = offset
    self.content = content
  }

  /// Bytes, or the knowledge that they are zero.
  public enum Content {
    /// Data, valid only until the visitor returns; never empty, at most 3.7 MiB.
    case data(UnsafeRawBufferPointer)
    /// So many zero bytes, perhaps terabytes.
    case zeros(UInt64)
  }

  /// The stretch's length in bytes.
  public var length: UInt64 {
    switch content {
    case .data(let bytes): UInt64(bytes.count)
    case .zeros(let count): count
    }
  }
}

/// How far a reader has come.
public struct ArchiveProgress: Equatable, Sendable {
  /// Bytes of the archive that were checked.
  public let archiveBytes: UInt64
  /// Clusters of all devices that were seen, stored or zero.
  public let clusters: UInt64
}
