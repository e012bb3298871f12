import Glibc
import VMA

/// A cluster of which only parts have come: its bytes, and which of them are known.
final class GatheredCluster {
  /// What one takes, in memory and in a spill file: 64 KiB of data and a bit for each byte.
  static let footprint = Layout.clusterSize + bitmapSize
  private static let bitmapSize = Layout.clusterSize / 8

  /// Data, then the bitmap.
  let memory: UnsafeMutableRawBufferPointer
  /// Bytes of the cluster: 65536, fewer only at the disk's end.
  let length: Int
  /// Whether what has not come is known to be zero.
  let isZeroBacked: Bool
  /// Bytes that have come.
  private(set) var covered = 0

  /// A cluster of which nothing has come yet.
  init(length: Int, isZeroBacked: Bool) {
    self.length = length
    self.isZeroBacked = isZeroBacked
    memory = .allocate(byteCount: Self.footprint, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { memory.deallocate() }

  /// The data; what has not come is zero.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<length]) }

  /// Whether every byte has come.
  var isComplete: Bool { covered == length }

  /// Takes bytes from `start` of the cluster on; nil stands for zeros.
  func take(_ bytes: UnsafeRawBufferPointer?, in range: Range<Int>) {
    let place = UnsafeMutableRawBufferPointer(rebasing: memory[range])
    if let bytes {
      place.copyMemory(from: bytes)
    } else {
      place.initializeMemory(as: UInt8.self, repeating: 0)
    }
    cover(range)
  }

  /// The first byte of the cluster that has not come.
  var firstMissing: Int? {
    (0..<length).first { word(at: $0 / 64) >> UInt64($0 % 64) & 1 == 0 }
  }

  /// Counts the known bytes again, after the memory was filled from a spill file.
  func recount() {
    covered = (0..<Self.bitmapSize / 8).reduce(0) { $0 + word(at: $1).nonzeroBitCount }
  }

  private func cover(_ range: Range<Int>) {
    var bit = range.lowerBound
    while bit < range.upperBound {
      let count = min(64 - bit % 64, range.upperBound - bit)
      let mask = (count == 64 ? UInt64.max : (1 << UInt64(count)) - 1) << UInt64(bit % 64)
      let old = word(at: bit / 64)
      covered += (mask & ~old).nonzeroBitCount
      memory.storeBytes(of: old | mask, toByteOffset: Layout.clusterSize + bit / 64 * 8, as: UInt64.self)
      bit += count
    }
  }

  private func word(at index: Int) -> UInt64 {
    memory.load(fromByteOffset: Layout.clusterSize + index * 8, as: UInt64.self)
  }
}
