import Synchronization

/// The thread that reads the next extents while the last ones are being checked.
///
/// It looks at an extent's header only to find where the extent ends and whether its data is wanted, so that hardly a
/// byte has to be moved, and data that nobody wants is not read where the input can go past it. Whatever it finds odd it
/// leaves to the checker, and reads no further.
final class ReadAheadThread: Sendable {
  private static let buffers = 3
  /// A batch is handed over from this size on, in bytes.
  private static let handover = 1 << 20
  /// A batch is also handed over when it stands for so much of the archive, in bytes, so that progress shows.
  private static let longestStretch: UInt64 = 64 << 20
  /// Bytes read past the extent at hand, so that empty extents do not cost a system call each.
  private static let lookahead = 64 << 10

  private let selection: DataSelection
  private let free: BufferQueue<InputBatch>
  private let filled = BufferQueue<InputBatch>()
  private let failure = Mutex<(any Error)?>(nil)
  private let thread: Mutex<WorkerThread?>

  /// Starts reading at `offset`, where the first extent begins.
  init(input: some ArchiveInput, from offset: UInt64, _ selection: DataSelection) throws(VMAError) {
    let capacity = Self.handover + Layout.Extent.maximumSize + Self.lookahead
    self.selection = selection
    free = BufferQueue((0..<Self.buffers).map { _ in InputBatch(capacity: capacity) })
    thread = Mutex(nil)
    let started = try WorkerThread { [self] in run(input, from: offset) }
    thread.withLock { $0 = started }
  }

  /// The next batch, or nil at the end of the archive.
  ///
  /// - Throws: the input's error, after all that was read before it.
  func next() throws -> InputBatch? {
    if let batch = filled.take() { return batch }
    if let failure = failure.withLock({ $0 }) { throw failure }
    return nil
  }

  /// Gives a batch back once nobody looks at its bytes any more.
  func giveBack(_ batch: InputBatch) {
    free.put(batch)
  }

  /// Ends the thread, waiting for a read that is under way.
  func end() {
    free.close(droppingItems: true)
    filled.close(droppingItems: true)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private func run(_ input: some ArchiveInput, from start: UInt64) {
    var offset = start
    var carried: [UInt8] = []
    var atEnd = false
    while !atEnd, let batch = free.take() {
      batch.empty(at: offset)
      batch.bytes.copyBytes(from: carried)
      var window = Window(position: 0, have: carried.count)
      do {
        atEnd = try fill(batch, &window, from: input)
      } catch {
        failure.withLock { $0 = VMAError.read(error, at: batch.end + UInt64(window.unused)) }
        // What was read before is checked first.
        atEnd = true
      }
      carried = atEnd ? [] : Array(batch.bytes[window.position..<window.have])
      offset = batch.end
      filled.put(batch)
    }
    filled.close()
  }

  /// What of a batch is filled, and up to where extents were found in it.
  private struct Window {
    var position: Int
    var have: Int
    var unused: Int { have - position }
  }

  /// Reads whole extents until there are enough for a batch.
  ///
  /// - Returns: whether this was the last batch: at the end of the input, or before something that is no extent.
  private func fill(_ batch: InputBatch, _ window: inout Window, from input: some ArchiveInput) throws -> Bool
  {
    let start = batch.end
    var lookahead = Self.lookahead
    while window.position < Self.handover, batch.end - start < Self.longestStretch {
      let hasHeader = try read(Layout.Extent.headerSize, into: batch, &window, lookahead, from: input)
      guard hasHeader, let size = ExtentHeader.size(header(in: batch, window)) else {
        return appendRest(to: batch, window)
      }
      let isWanted = selection.wants(dataOf: header(in: batch, window))
      if !isWanted, size > window.unused, let moved = try input.skip(UInt64(size - window.unused)) {
        // Never more than was asked for, which is part of one extent.
        let available = window.unused + Int(moved)
        batch.append(
          start: window.position, held: Layout.Extent.headerSize, available: available, isWanted: false)
        if available < size { return true }
        // What stands behind the header was the beginning of the data that was skipped.
        window.position += Layout.Extent.headerSize
        window.have = window.position
        lookahead = 0
        continue
      }
      guard try read(size, into: batch, &window, Self.lookahead, from: input) else {
        return appendRest(to: batch, window)
      }
      batch.append(start: window.position, held: size, available: size, isWanted: isWanted)
      window.position += size
      lookahead = Self.lookahead
    }
    return false
  }

  private func header(in batch: InputBatch, _ window: Window) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(batch.bytes).slice(window.position, Layout.Extent.headerSize)
  }

  /// Gives the checker what is no whole extent: it says what is wrong with it.
  private func appendRest(to batch: InputBatch, _ window: Window) -> Bool {
    if window.unused > 0 {
      batch.append(
        start: window.position, held: window.unused, available: window.unused, isWanted: true)
    }
    return true
  }

  /// Reads until `count` bytes of the extent at hand are there, and perhaps some more.
  ///
  /// - Returns: false at the end of the input.
  private func read(
    _ count: Int, into batch: InputBatch, _ window: inout Window, _ lookahead: Int,
    from input: some ArchiveInput
  ) throws -> Bool {
    while window.unused < count {
      let wanted = min(batch.bytes.count - window.have, count - window.unused + lookahead)
      let more = try input.read(into: batch.bytes.slice(window.have, wanted))
      guard more > 0 else { return false }
      window.have += more
    }
    return true
  }
}
