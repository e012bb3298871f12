/// Where each cluster of an archive lies: what makes its devices readable in any order.
///
/// A run for each extent that a device has data in, and one for each stretch of zeros, however long: 16 bytes each, and
/// 8 for each extent. A terabyte of data in order takes 7 MiB, one of zeros 2.4 MiB; a cluster far from its neighbours
/// costs 16 bytes.
public struct ArchiveIndex: Equatable, Sendable {
  /// What is known of one device.
  public struct Device: Equatable, Sendable {
    /// The device.
    public let device: ArchiveDevice
    /// Clusters with data, and clusters that are all zero.
    public let storedClusters: UInt64
    /// Clusters of which no block is stored.
    public let zeroClusters: UInt64
    /// Blocks of 4096 bytes that are stored.
    public let storedBlocks: UInt64
    /// By their clusters, without overlap.
    let runs: [ClusterRun]

    /// Clusters that a disk has and the archive does not describe; 0 in a whole archive.
    public var absentClusters: UInt64 {
      guard !device.isVMState else { return 0 }
      return device.clusterCount - min(device.clusterCount, storedClusters + zeroClusters)
    }

    /// Bytes that reading the device gives: the disk's size, or as much of the memory stream as the archive holds.
    public var length: UInt64 {
      let clusters = storedClusters + zeroClusters
      return device.isVMState && clusters != device.clusterCount
        ? clusters * UInt64(Layout.clusterSize) : device.size
    }

    /// The run that describes a cluster, or else the first one behind it.
    ///
    /// - Returns: the run's index; `runs.endIndex` where none follows.
    func runIndex(atOrAfter cluster: UInt64) -> Int {
      var low = 0
      var high = runs.count
      while low < high {
        let middle = (low + high) / 2
        if UInt64(runs[middle].last) < cluster { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// The archive's header.
  public let header: ArchiveHeader
  /// The archive's length in bytes.
  public let archiveSize: UInt64
  /// The devices in the order of the header.
  public let devices: [Device]
  /// What the archive's own trailer says of the devices' contents, by device; empty where it has none.
  public let digests: [UInt8: ContentDigest]

  /// The MD5 of the header, as it holds it.
  let headerChecksum: HeaderIdentity
  /// Where each extent begins, the trailer's left out; its place here is its number.
  let extentOffsets: [UInt64]

  /// Extents that describe clusters.
  public var extentCount: Int { extentOffsets.count }

  /// Runs of clusters of all devices.
  public var runCount: Int { devices.reduce(0) { $0 + $1.runs.count } }

  /// Bytes of memory that the index takes, about.
  public var memorySize: Int {
    runCount * MemoryLayout<ClusterRun>.stride + extentCount * MemoryLayout<UInt64>.stride
  }

  /// The device of this name and its place in ``devices``; nil where there is none.
  public func position(of name: String) -> Int? {
    devices.firstIndex { $0.device.name == name }
  }
}

/// The MD5 of an archive's header, which tells it from every other.
struct HeaderIdentity: Equatable, Sendable {
  let high: UInt64
  let low: UInt64

  /// Reads it out of a whole header.
  init(ofHeader bytes: [UInt8]) {
    (high, low) = bytes.withUnsafeBytes {
      (
        $0.bigEndian(at: Layout.Header.checksumOffset), $0.bigEndian(at: Layout.Header.checksumOffset + 8)
      )
    }
  }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
