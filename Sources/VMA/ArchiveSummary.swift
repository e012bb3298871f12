/// What an archive holds of one device, in numbers.
public struct DeviceSummary: Equatable, Sendable {
  /// The device.
  public let device: ArchiveDevice
  /// Bytes that reading it gives: the disk's size, or as much of the memory stream as the archive holds.
  public let length: UInt64
  /// Clusters that the archive describes; for a disk all it has, for `vmstate` the stream's length in clusters.
  public let clusters: UInt64
  /// Blocks of 4096 bytes that are stored.
  public let storedBlocks: UInt64
  /// Blocks that the device has and the archive left out because they are zero.
  public let zeroBlocks: UInt64
  /// The digest of the content; nil when the data was not looked at.
  public let digest: ContentDigest?
}

extension DeviceSummary {
  /// A device that was written elsewhere than into an archive.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - storedBytes: bytes of data, without holes.
  public init(device: ArchiveDevice, storedBytes: UInt64) {
    self.device = device
    length = device.size
    clusters = device.clusterCount
    storedBlocks = Layout.blocks(in: storedBytes)
    zeroBlocks = Layout.blocks(in: device.size) - min(storedBlocks, Layout.blocks(in: device.size))
    digest = nil
  }
}

/// What came of writing an archive.
public struct ArchiveSummary: Equatable, Sendable {
  /// The archive's length in bytes.
  public let bytesWritten: UInt64
  /// The length in bytes of what the output has made of it; nil where it is the archive as it is.
  public let storedLength: UInt64?
  /// Extents written, the trailer's included.
  public let extents: UInt64
  /// The devices in the order of the header.
  public let devices: [DeviceSummary]
}

extension ArchiveSummary {
  /// What was written elsewhere than into an archive.
  public init(bytesWritten: UInt64, devices: [DeviceSummary]) {
    self.init(bytesWritten: bytesWritten, storedLength: nil, extents: 0, devices: devices)
  }
}
