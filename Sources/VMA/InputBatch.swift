/// Some extents in memory, on their way from the reading thread to the checking one.
///
/// Only the thread that has taken it from a queue touches it.
final class InputBatch: @unchecked Sendable {
  /// An extent, or what stands in the place of one.
  struct Extent {
    /// Where its bytes begin in the batch.
    let start: Int
    /// How many of them are in memory: all, or the header alone.
    let held: Int
    /// How many of them the archive has; fewer than the header asks for only at the archive's end.
    let available: Int
    /// Where it begins in the archive.
    let offset: UInt64
    /// Whether somebody asked for its data.
    let isWanted: Bool
  }

  let bytes: UnsafeMutableRawBufferPointer
  private(set) var extents: [Extent] = []
  /// Where the archive goes on behind the last extent.
  private(set) var end: UInt64 = 0

  init(capacity: Int) {
    bytes = .allocate(byteCount: capacity, alignment: Layout.blockSize)
  }

  deinit {
    bytes.deallocate()
  }

  /// The bytes in memory of one of the extents.
  func bytes(of extent: Extent) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(bytes).slice(extent.start, extent.held)
  }

  /// Begins anew for what stands at `offset` of the archive.
  func empty(at offset: UInt64) {
    extents.removeAll(keepingCapacity: true)
    end = offset
  }

  /// Takes what follows in the archive, of which `held` bytes stand at `start`.
  func append(start: Int, held: Int, available: Int, isWanted: Bool) {
    extents.append(
      Extent(start: start, held: held, available: available, offset: end, isWanted: isWanted))
    end += UInt64(available)
  }
}
