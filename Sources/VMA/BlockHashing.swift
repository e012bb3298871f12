/// Hashes the stored blocks of extents, for each extent's own digest and for the digests of the devices.
///
/// What it finds of devices adds up with what others like it find, in any order.
struct BlockHashing {
  private let devices: HashedDevices
  private var digest = ExtentDigest()
  /// The blocks of the extent at hand, in the order stored.
  private var blocks: [Block] = []
  /// What the blocks until now add to the content of each device, in the order of the header.
  private(set) var contents: [ContentDigest]

  private struct Block {
    let device: Int
    let number: UInt64
  }

  init(_ devices: HashedDevices) {
    self.devices = devices
    contents = Array(repeating: ContentDigest(), count: devices.contentEnds.count)
    blocks.reserveCapacity(Layout.Extent.maximumBlocks)
  }

  /// Begins with an extent.
  ///
  /// - Parameter header: its header, checked.
  /// - Returns: the number of its blocks.
  mutating func begin(_ header: UnsafeRawBufferPointer) -> Int {
    blocks.removeAll(keepingCapacity: true)
    for number in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(number, of: header)
      guard slot.device != 0, slot.mask != 0, let device = devices.index(of: slot.device) else { continue }
      let first = slot.cluster * UInt64(Layout.blocksPerCluster)
      var mask = slot.mask
      while mask != 0 {
        blocks.append(Block(device: device, number: first + UInt64(mask.trailingZeroBitCount)))
        mask &= mask - 1
      }
    }
    return blocks.count
  }

  /// Takes some of the extent's blocks.
  ///
  /// - Parameters:
  ///   - data: whole blocks, as they are stored.
  ///   - first: which of the extent's blocks is the first of them.
  mutating func add(_ data: UnsafeRawBufferPointer, from first: Int) {
    guard var start = data.baseAddress else { return }
    for block in blocks[first..<first + data.count / Layout.blockSize] {
      let hash = VMA.Block.hash(start, index: block.number)
      digest.add(hash)
      let offset = block.number * UInt64(Layout.blockSize)
      let end = devices.contentEnds[block.device]
      if end >= offset + UInt64(Layout.blockSize) {
        if !VMA.Block.isZero(start) { contents[block.device].add(hash) }
      } else if offset < end {
        // Some writers leave anything after the end of the device; it is not content.
        contents[block.device].add(UnsafeRawBufferPointer(start: start, count: Int(end - offset)), at: offset)
      }
      start += Layout.blockSize
    }
  }

  /// Ends with an extent.
  ///
  /// - Parameters:
  ///   - extent: its number.
  ///   - recorded: the digest that it carries; nil in archives without digests.
  ///   - offset: where it is in the archive.
  /// - Throws: ``VMAError`` `.digestMismatch`.
  mutating func finish(extent: UInt64, recorded: UInt64?, at offset: UInt64) throws(VMAError) {
    let found = digest.finish(extent: extent)
    guard recorded == nil || found == recorded else {
      throw VMAError(.digestMismatch(extent: extent), at: offset)
    }
  }
}

/// The devices of an archive as those who hash blocks must know them.
struct HashedDevices: Sendable {
  /// For each device id its place in the header's order, or -1.
  let indices: [Int]
  /// Where the content of each device ends, in bytes.
  let contentEnds: [UInt64]

  @inline(__always)
  func index(of id: UInt8) -> Int? {
    let index = indices[Int(id)]
    return index < 0 ? nil : index
  }
}
