import Synchronization

/// A run of whole extents in memory, on its way from the reading thread to the checking one.
///
/// Only the thread that has taken it from a queue touches it.
final class InputBatch: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer
  /// Bytes that are to be checked. They end where an extent ends, except in the last batch.
  var count = 0
  /// Where the first byte stands in the archive.
  var offset: UInt64 = 0

  init(capacity: Int) {
    bytes = .allocate(byteCount: capacity, alignment: Layout.blockSize)
  }

  deinit {
    bytes.deallocate()
  }
}

/// The thread that reads the next extents while the last ones are being checked.
///
/// It looks at an extent's header only to find where the extent ends, so that hardly a byte has to be moved;
/// whatever it finds odd it leaves to the checker, and reads no further.
final class ReadAheadThread: Sendable {
  private static let buffers = 3
  /// A batch is handed over from this size on, in bytes.
  private static let handover = 1 << 20
  /// Bytes read past the extent at hand, so that empty extents do not cost a system call each.
  private static let lookahead = 64 << 10

  private let free: BufferQueue<InputBatch>
  private let filled = BufferQueue<InputBatch>()
  private let failure = Mutex<(any Error)?>(nil)
  private let thread: Mutex<WorkerThread?>

  /// Starts reading at `offset`, where the first extent begins.
  init(input: some ArchiveInput, from offset: UInt64) throws(VMAError) {
    let capacity = Self.handover + Layout.Extent.maximumSize + Self.lookahead
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
      batch.offset = offset
      batch.bytes.copyBytes(from: carried)
      var have = carried.count
      var framing = Framing()
      do {
        atEnd = try fill(batch, &framing, &have, from: input)
      } catch {
        failure.withLock { $0 = VMAError.read(error, at: offset + UInt64(have)) }
        break
      }
      // The last batch keeps what is no whole extent: the checker says what is wrong with it.
      batch.count = atEnd ? have : framing.end
      carried = Array(batch.bytes[batch.count..<have])
      offset += UInt64(batch.count)
      filled.put(batch)
    }
    filled.close()
  }

  /// Reads whole extents until there are enough for a batch.
  ///
  /// - Returns: whether this was the last batch: at the end of the input, or before something that is no extent.
  private func fill(
    _ batch: InputBatch, _ framing: inout Framing, _ have: inout Int, from input: some ArchiveInput
  ) throws -> Bool {
    while true {
      framing.advance(in: UnsafeRawBufferPointer(batch.bytes).slice(0, have))
      if framing.isLost { return true }
      if framing.end >= Self.handover { return false }
      let wanted = min(batch.bytes.count, framing.needed + Self.lookahead)
      let count = try input.read(into: batch.bytes.slice(have, wanted - have))
      guard count > 0 else { return true }
      have += count
    }
  }
}

/// Finds where extents end.
private struct Framing {
  /// Where the last whole extent ends.
  private(set) var end = 0
  /// How many bytes the batch must have for the next step.
  private(set) var needed = Layout.Extent.headerSize
  /// Whether something other than an extent begins at `end`.
  private(set) var isLost = false

  /// Moves over the extents that `bytes` holds completely.
  mutating func advance(in bytes: UnsafeRawBufferPointer) {
    while bytes.count - end >= Layout.Extent.headerSize {
      let header = bytes.slice(end, Layout.Extent.headerSize)
      guard let size = ExtentHeader.size(header) else {
        isLost = true
        return
      }
      needed = end + size
      guard needed <= bytes.count else { return }
      end = needed
    }
    needed = end + Layout.Extent.headerSize
  }
}
