import Synchronization

/// A piece of the archive on its way out: a fixed allocation that circulates between two threads.
///
/// Only the thread that has taken it from a queue touches it.
final class OutputBuffer: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer
  /// Bytes filled so far.
  var count = 0

  init(capacity: Int) {
    bytes = .allocate(byteCount: capacity, alignment: Layout.blockSize)
  }

  deinit {
    bytes.deallocate()
  }

  var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes).slice(0, count) }
}

/// The thread that writes filled buffers while the next ones are being filled.
final class WritingThread: Sendable {
  /// Buffers in circulation; with their size this bounds the writer's memory.
  static let buffers = 4

  private let free: BufferQueue<OutputBuffer>
  private let filled = BufferQueue<OutputBuffer>()
  private let state = Mutex<State>(State())
  private let thread: Mutex<WorkerThread?>

  private struct State {
    var failure: (any Error)?
    var isInterrupted = false
    var written: UInt64 = 0
  }

  init(output: some ArchiveOutput, bufferCapacity: Int) throws(VMAError) {
    free = BufferQueue((0..<Self.buffers).map { _ in OutputBuffer(capacity: bufferCapacity) })
    thread = Mutex(nil)
    let started = try WorkerThread { [self] in run(output) }
    thread.withLock { $0 = started }
  }

  /// Bytes that the output has taken.
  var written: UInt64 { state.withLock { $0.written } }

  private func run(_ output: some ArchiveOutput) {
    while let buffer = filled.take() {
      do {
        try output.write(buffer.filled)
        state.withLock { $0.written += UInt64(buffer.count) }
        buffer.count = 0
        free.put(buffer)
      } catch {
        state.withLock { $0.failure = VMAError.write(error, at: $0.written) }
        // Whoever waits for a buffer wakes up, finds none and asks for the failure.
        filled.close(droppingItems: true)
        free.close(droppingItems: true)
      }
    }
  }

  /// An empty buffer, waiting until one is free.
  ///
  /// - Throws: the output's failure, or that the writer was closed.
  func take() throws -> OutputBuffer {
    if let buffer = free.take() { return buffer }
    throw failure ?? VMAError(.writerClosed)
  }

  /// Hands a filled buffer over to be written.
  func write(_ buffer: OutputBuffer) {
    filled.put(buffer)
  }

  /// Waits until everything handed over so far is written.
  func drain() throws {
    var taken: [OutputBuffer] = []
    for _ in 0..<Self.buffers { taken.append(try take()) }
    for buffer in taken { free.put(buffer) }
  }

  /// Writes what was handed over, or drops it, and ends the thread.
  ///
  /// Does nothing the second time.
  func end(dropping: Bool) throws {
    filled.close(droppingItems: dropping)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
    free.close(droppingItems: true)
    if let failure, !dropping { throw failure }
  }

  /// Lets whoever waits for a buffer go on, with an error; a write that is under way goes on.
  func interrupt() {
    state.withLock { $0.isInterrupted = true }
    filled.close(droppingItems: true)
    free.close(droppingItems: true)
  }

  /// Whether ``interrupt()`` was called: its thread may not end for long.
  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  private var failure: (any Error)? { state.withLock { $0.failure } }
}
