/// An extent's data in memory, as its digest says it was written.
final class CheckedExtent: @unchecked Sendable {
  // Filled once by whoever makes it, and only read after that.
  private let buffer: ExtentBuffer
  private let buffers: ExtentBuffers
  private let count: Int
  /// The lower 32 bits of each block's hash, with which single blocks can be checked when they are read again.
  let blockChecks: [UInt32]

  /// Reads an extent's data and checks it.
  ///
  /// - Throws: ``VMAError`` `.digestMismatch` with the extent's offset, or what the storage throws.
  init(
    _ map: ExtentMap, digest recorded: UInt64, from storage: some ArchiveStorage, in buffers: ExtentBuffers
  ) throws(VMAError) {
    count = map.blockCount * Layout.blockSize
    let buffer = buffers.take()
    let base = buffer.start
    let bytes = UnsafeMutableRawBufferPointer(start: base, count: count)
    self.buffer = buffer
    self.buffers = buffers
    var checks: [UInt32] = []
    checks.reserveCapacity(map.blockCount)
    do throws(VMAError) {
      var digest = ExtentDigest()
      var done = 0
      // Piece by piece, so that what was read is hashed while it is in the cache.
      var entry = 0
      var mask = map.entries.first?.mask ?? 0
      while done < count {
        let piece = min(256 << 10, count - done)
        let place = map.place(ofBlock: done / Layout.blockSize)
        guard try storage.read(into: bytes.slice(done, piece), at: place) == piece else {
          throw VMAError(
            .extentTruncated(have: Layout.Extent.headerSize + done, need: Layout.Extent.headerSize + count),
            at: place)
        }
        for block in stride(from: done, to: done + piece, by: Layout.blockSize) {
          while mask == 0, entry + 1 < map.entries.count {
            entry += 1
            mask = map.entries[entry].mask
          }
          let index =
            UInt64(map.entries[entry].cluster) * UInt64(Layout.blocksPerCluster)
            + UInt64(mask.trailingZeroBitCount)
          mask &= mask &- 1
          let hash = Block.hash(UnsafeRawPointer(base + block), index: index)
          digest.add(hash)
          checks.append(UInt32(truncatingIfNeeded: hash.low))
        }
        done += piece
      }
      guard digest.finish(extent: map.number) == recorded else {
        throw VMAError(.digestMismatch(extent: map.number), at: map.offset)
      }
    } catch {
      buffers.giveBack(buffer)
      throw error
    }
    blockChecks = checks
  }

  deinit { buffers.giveBack(buffer) }

  /// The bytes of `count` blocks from `block` on.
  func blocks(_ block: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer.start + block * Layout.blockSize, count: count * Layout.blockSize)
  }
}
