import CXXHash

/// The digest of one extent's data: 48 bits of XXH3-64 over the hashes of its blocks, in the order stored.
///
/// The seed is the extent's number, so that extents cannot change places or get lost unnoticed
/// (docs/vma-integrity.md).
struct ExtentDigest {
  /// The hashes as they are digested: big-endian, upper half first.
  private var hashes: [(UInt64, UInt64)] = []

  init() {
    hashes.reserveCapacity(Layout.Extent.maximumBlocks)
  }

  @inline(__always)
  mutating func add(_ hash: BlockHash) {
    hashes.append((hash.high.bigEndian, hash.low.bigEndian))
  }

  /// The upper 48 bits of the hash over what was added; empties the list for the next extent.
  mutating func finish(extent: UInt64) -> UInt64 {
    defer { hashes.removeAll(keepingCapacity: true) }
    return hashes.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, extent) } >> 16
  }
}
