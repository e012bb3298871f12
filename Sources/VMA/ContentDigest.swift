import CXXHash
import Glibc

/// A digest of a device's content that does not depend on how the content was stored or read.
///
/// It is the sum, modulo 2^128, over the blocks of 4096 bytes that are not all zero, of XXH3-128 of the block
/// seeded with the block's number (docs/vma-integrity.md). So blocks may be added in any order, holes cost
/// nothing, and the digests of two halves add up: the digest of an archived device equals that of the plain image.
/// It finds accidents, not forgery. The C function is `XXH3_128bits_withSeed`.
public struct ContentDigest: Equatable, Sendable, CustomStringConvertible {
  /// The sum's upper and lower half.
  public private(set) var value: (high: UInt64, low: UInt64) = (0, 0)
  /// The number of blocks that are not all zero.
  public private(set) var nonZeroBlocks: UInt64 = 0

  /// The digest of no bytes, which is also the digest of any number of zeros.
  public init() {}

  init(value: (high: UInt64, low: UInt64), nonZeroBlocks: UInt64) {
    self.value = value
    self.nonZeroBlocks = nonZeroBlocks
  }

  /// Adds `bytes` that stand at `offset` of the device.
  ///
  /// - Parameters:
  ///   - bytes: whole blocks; only where the device ends may the last one be shorter, it counts as filled
  ///     up with zeros. Each block of a device must be added at most once.
  ///   - offset: where they stand in the device, in bytes, a multiple of 4096.
  public mutating func add(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    precondition(offset % UInt64(Layout.blockSize) == 0, "blocks are added from a block's start")
    guard let base = bytes.baseAddress else { return }
    var index = offset / UInt64(Layout.blockSize)
    let whole = bytes.count / Layout.blockSize
    for block in 0..<whole {
      let start = base + block * Layout.blockSize
      if !Block.isZero(start) { add(Block.hash(start, index: index)) }
      index += 1
    }
    let rest = bytes.count % Layout.blockSize
    guard rest > 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: Layout.blockSize, alignment: 16) { padded in
      padded.initializeMemory(as: UInt8.self, repeating: 0)
      padded.copyMemory(from: bytes.slice(whole * Layout.blockSize, rest))
      guard let start = UnsafeRawPointer(padded.baseAddress), !Block.isZero(start) else { return }
      add(Block.hash(start, index: index))
    }
  }

  /// Adds the digest of other blocks of the same device.
  public mutating func add(_ other: ContentDigest) {
    add(sum: other.value)
    nonZeroBlocks += other.nonZeroBlocks
  }

  /// Adds one block that is not all zero, by its hash.
  mutating func add(_ hash: BlockHash) {
    add(sum: (hash.high, hash.low))
    nonZeroBlocks += 1
  }

  private mutating func add(sum other: (high: UInt64, low: UInt64)) {
    let (low, carry) = value.low.addingReportingOverflow(other.low)
    value = (value.high &+ other.high &+ (carry ? 1 : 0), low)
  }

  /// The 32 hex digits of the sum.
  public var description: String { value.high.hexadecimal + value.low.hexadecimal }

  /// Whether sums and counts are the same.
  public static func == (left: ContentDigest, right: ContentDigest) -> Bool {
    left.value == right.value && left.nonZeroBlocks == right.nonZeroBlocks
  }
}

/// XXH3-128 of one block, seeded with the block's number in its device.
struct BlockHash {
  let high: UInt64
  let low: UInt64
}

/// What is done to single blocks of 4096 bytes.
enum Block {
  /// Whether all 4096 bytes are zero.
  @inline(__always)
  static func isZero(_ block: UnsafeRawPointer) -> Bool {
    let start = block.loadUnaligned(as: UInt64.self) | block.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    // Comparing the block with itself 16 bytes on lets the C library's memcmp do the scan at memory speed.
    return start == 0 && memcmp(block, block + 16, Layout.blockSize - 16) == 0
  }

  @inline(__always)
  static func hash(_ block: UnsafeRawPointer, index: UInt64) -> BlockHash {
    let hash = snapsh_xxh3_128_with_seed(block, Layout.blockSize, index)
    return BlockHash(high: hash.high64, low: hash.low64)
  }
}
