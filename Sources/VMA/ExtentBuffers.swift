import Synchronization

/// Memory for the data of one extent.
final class ExtentBuffer: @unchecked Sendable {
  // Written to by whoever has taken it from the pool, and only read once others know it.
  let start = UnsafeMutableRawPointer.allocate(
    byteCount: Layout.Extent.maximumSize - Layout.Extent.headerSize, alignment: Layout.blockSize)

  deinit { start.deallocate() }
}

/// Buffers that were given back: memory that is asked for anew costs a page fault for every 4 KiB.
final class ExtentBuffers: Sendable {
  private let free = Mutex<[ExtentBuffer]>([])
  private let capacity: Int

  /// - Parameter capacity: buffers that are kept at most.
  init(capacity: Int) { self.capacity = capacity }

  func take() -> ExtentBuffer { free.withLock { $0.popLast() } ?? ExtentBuffer() }

  func giveBack(_ buffer: ExtentBuffer) {
    free.withLock { if $0.count < capacity { $0.append(buffer) } }
  }
}
