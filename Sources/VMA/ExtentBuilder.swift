import Glibc

/// Puts one extent together in place, at the end of an output buffer.
///
/// Data is read straight to where it will be written from; zero blocks are then closed up.
struct ExtentBuilder {
  let buffer: OutputBuffer
  /// Where the extent's header begins in the buffer.
  private let start: Int
  private(set) var slots = 0
  private(set) var blocks = 0

  /// Begins an extent after what the buffer already holds; the buffer has room for a whole one.
  init(in buffer: OutputBuffer) {
    self.buffer = buffer
    start = buffer.count
    buffer.bytes.slice(start, Layout.Extent.headerSize).initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Slots that clusters can still take.
  var room: Int { Layout.Extent.dataSlots - slots }

  /// The place for the data of the next `clusters` clusters.
  func space(clusters: Int) -> UnsafeMutableRawBufferPointer {
    buffer.bytes.slice(
      start + Layout.Extent.headerSize + blocks * Layout.blockSize, clusters * Layout.clusterSize)
  }

  /// Takes clusters whose data the caller has put into ``space(clusters:)``.
  ///
  /// - Parameters:
  ///   - run: the clusters, no more than there is room for.
  ///   - device: the id of the device they belong to.
  ///   - validBlocks: blocks of them that lie inside the device.
  ///   - zeros: blocks that are known to be zero, and need not be so in memory.
  ///   - keepsZeros: whether zero blocks are stored too, as a memory stream needs.
  ///   - extentDigest: what all stored blocks are added to.
  ///   - content: what the stored blocks that are not zero are added to.
  /// - Returns: the number of blocks stored.
  mutating func takeClusters(
    _ run: Range<UInt64>, of device: UInt8, validBlocks: Int, zeros: ZeroBlocks, keepsZeros: Bool,
    extentDigest: inout ExtentDigest, content: inout ContentDigest
  ) -> Int {
    let data = space(clusters: run.count)
    guard var source = data.baseAddress else { return 0 }
    var target = source
    var index = run.lowerBound * UInt64(Layout.blocksPerCluster)
    var left = validBlocks
    for (number, cluster) in run.enumerated() {
      var mask: UInt16 = 0
      let known = zeros.mask(ofCluster: number)
      for bit in 0..<min(Layout.blocksPerCluster, left) {
        let isZero = known >> UInt16(bit) & 1 == 1 || Block.isZero(source)
        if !isZero || keepsZeros {
          if target != source { memcpy(target, source, Layout.blockSize) }
          let hash = Block.hash(target, index: index)
          extentDigest.add(hash)
          if !isZero { content.add(hash) }
          mask |= 1 << UInt16(bit)
          target += Layout.blockSize
        }
        source += Layout.blockSize
        index += 1
      }
      left = max(0, left - Layout.blocksPerCluster)
      takeSlot(device: device, cluster: cluster, mask: mask)
    }
    let stored = (target - (data.baseAddress ?? target)) / Layout.blockSize
    blocks += stored
    return stored
  }

  /// Takes clusters that are all zero.
  mutating func takeZeroClusters(_ run: Range<UInt64>, of device: UInt8) {
    for cluster in run { takeSlot(device: device, cluster: cluster, mask: 0) }
  }

  private mutating func takeSlot(device: UInt8, cluster: UInt64, mask: UInt16) {
    let slot = UInt64(mask) << 48 | UInt64(device) << 32 | cluster & 0xFFFF_FFFF
    store(slot: slot, at: slots)
    slots += 1
  }

  /// Stores a slot as it is, for the digest and the trailer.
  func store(slot: UInt64, at index: Int) {
    buffer.bytes.storeBigEndian(
      slot, at: start + Layout.Extent.slotsOffset + index * Layout.Extent.slotSize)
  }

  /// Completes the header, and makes the extent part of what the buffer holds.
  func seal(uuid: ArchiveUUID, checksum: borrowing HeaderChecksum) throws(VMAError) {
    let header = buffer.bytes.slice(start, Layout.Extent.headerSize)
    header.copyBytes(from: Layout.Extent.magic)
    header.storeBigEndian(UInt16(blocks), at: Layout.Extent.blockCountOffset)
    header.store(uuid, at: Layout.Extent.uuidOffset)
    try checksum.seal(header, fieldOffset: Layout.Extent.checksumOffset)
    buffer.count = start + Layout.Extent.headerSize + blocks * Layout.blockSize
  }
}
