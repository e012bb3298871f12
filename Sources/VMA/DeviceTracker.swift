/// What a reader knows of one device so far.
struct DeviceTracker {
  let device: ArchiveDevice
  /// Kept apart because comparing names for every slot is dear.
  let isVMState: Bool
  /// Clusters that may occur: those of the device, or all that a number can name in a memory stream.
  let clusterLimit: UInt64
  var seen = ClusterSet()
  var storedBlocks: UInt64 = 0
  var zeroBlocks: UInt64 = 0
  /// Those of the zero blocks that stand beside stored ones in their cluster.
  var zeroBlocksBesideData: UInt64 = 0
  /// Whether its data is read and hashed, so that `content` means something.
  let isHashed: Bool
  var content = ContentDigest()

  init(_ device: ArchiveDevice, isHashed: Bool) {
    self.device = device
    self.isHashed = isHashed
    isVMState = device.isVMState
    // A memory stream is bounded by what a cluster number can name only.
    clusterLimit = isVMState ? 1 << 32 : device.clusterCount
  }

  /// Bytes of the device that the archive has, once it is complete.
  ///
  /// The size of a memory stream only bounds its last cluster: a stream may end early, and Proxmox's reader
  /// takes one that goes on.
  var length: UInt64 {
    isVMState && seen.count != device.clusterCount
      ? seen.count * UInt64(Layout.clusterSize) : device.size
  }

  /// Where content ends: what a stored block holds from there on does not count.
  var contentEnd: UInt64 { isVMState ? .max : device.size }

  var summary: DeviceSummary {
    DeviceSummary(
      device: device, length: length, clusters: seen.count, storedBlocks: storedBlocks,
      zeroBlocks: zeroBlocks, digest: isHashed ? content : nil)
  }

  /// Checks a slot's cluster and mask against the device.
  ///
  /// - Parameters:
  ///   - slot: a slot of this device.
  ///   - place: where the slot is in the archive.
  /// - Throws: ``VMAError`` for a cluster or a block past the end.
  /// - Returns: how many of the cluster's blocks lie inside the device.
  @inline(__always)
  func check(_ slot: Slot, at place: UInt64) throws(VMAError) -> Int {
    guard slot.cluster < clusterLimit else {
      throw VMAError(.clusterPastEnd(device: device.name, cluster: slot.cluster), at: place)
    }
    let start = slot.cluster * UInt64(Layout.clusterSize)
    guard !isVMState, start + UInt64(Layout.clusterSize) > device.size else {
      return Layout.blocksPerCluster
    }
    let inside = Int(Layout.blocks(in: device.size - start))
    // A full mask is how some writers end a device; what stands past the end is ignored then.
    guard slot.mask == Layout.Slot.fullMask || Int(slot.mask) >> inside == 0 else {
      throw VMAError(.blockPastEnd(device: device.name, cluster: slot.cluster), at: place)
    }
    return inside
  }
}
