import Compression
import DiskIO
import NBDServer
import Synchronization
import VMA

/// The plain bytes of what gzip, lzop or bzip2 has made, by that program, which runs beside us.
final class ProgramDecompressor: Sendable {
  /// Bytes that are given to the program at a time.
  private static let pieceSize = 256 << 10

  let format: CompressionFormat
  private let filter: FilterProcess
  private let failure: Failure
  private let thread: Mutex<ServiceThread?>

  /// What kept the compressed bytes from being read.
  private final class Failure: Sendable {
    let error = Mutex<(any Error)?>(nil)
  }

  /// Starts the program, and a thread that gives it the bytes of `input`.
  ///
  /// - Throws: `CompressionError`: `.unsupported` for a format without a program, `.programMissing`; `DiskIOError`.
  init(_ format: CompressionFormat, input: some ArchiveInput) throws {
    guard let program = format.program else { throw CompressionError.unsupported(format) }
    let filter: FilterProcess
    do {
      filter = try FilterProcess(program, package: program, ["-dc"])
    } catch DiskIOError.toolMissing {
      throw CompressionError.programMissing(format)
    }
    let failure = Failure()
    self.format = format
    self.filter = filter
    self.failure = failure
    let thread = try ServiceThread { Self.feed(filter, from: input, failure) }
    self.thread = Mutex(thread)
  }

  deinit { end() }

  /// Puts the next plain bytes into `buffer` and returns how many; 0 when the program has ended well.
  ///
  /// - Throws: `CompressionError` `.programFailed`, or the error of the input.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !buffer.isEmpty else { return 0 }
    let count = try filter.read(into: buffer)
    if count > 0 { return count }
    let reason = filter.finish()
    joinThread()
    // A program that got only the beginning complains about that; the cause is elsewhere.
    if let error = failure.error.withLock({ $0 }) { throw error }
    if let reason { throw CompressionError.programFailed(format, reason: reason) }
    return 0
  }

  /// Ends the program and the thread; does nothing the second time.
  func end() {
    filter.kill()
    joinThread()
  }

  private func joinThread() {
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private static func feed(_ filter: FilterProcess, from input: some ArchiveInput, _ failure: Failure) {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 4096)
    defer {
      piece.deallocate()
      filter.endInput()
    }
    do {
      while true {
        let count = try input.read(into: piece)
        guard count > 0, filter.write(UnsafeRawBufferPointer(rebasing: piece[..<count])) else { return }
      }
    } catch {
      failure.error.withLock { $0 = error }
    }
  }
}
