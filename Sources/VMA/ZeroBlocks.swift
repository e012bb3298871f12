/// Which blocks of the clusters at hand are known to be zero without anybody having looked at them.
public struct ZeroBlocks {
  /// One mask for each cluster, bit i for block i.
  private var masks: SIMD8<UInt16> = .zero

  /// Blocks that one value can tell of: those of the 512 KiB that a fill function gets at most.
  static let clusters = SIMD8<UInt16>.scalarCount

  /// None.
  init() {}

  /// Tells that some blocks are zero; what the buffer holds in their place is not looked at.
  ///
  /// - Parameter blocks: units of 4096 bytes from the start of the buffer that is to be filled.
  public mutating func insert(_ blocks: Range<Int>) {
    for block in blocks.clamped(to: 0..<Self.clusters * Layout.blocksPerCluster) {
      masks[block / Layout.blocksPerCluster] |= 1 << UInt16(block % Layout.blocksPerCluster)
    }
  }

  /// Makes the blocks zero in memory too, where zeros are stored, and knows of none any more.
  mutating func clear(in buffer: UnsafeMutableRawBufferPointer) {
    for block in 0..<buffer.count / Layout.blockSize
    where masks[block / Layout.blocksPerCluster] >> UInt16(block % Layout.blocksPerCluster) & 1 == 1 {
      buffer.slice(block * Layout.blockSize, Layout.blockSize)
        .initializeMemory(as: UInt8.self, repeating: 0)
    }
    masks = .zero
  }

  /// The mask of the cluster with this number in the buffer.
  @inline(__always)
  func mask(ofCluster number: Int) -> UInt16 { masks[number] }
}
