import Glibc
import Locking

/// Threads that read and hash the data of extents, each an extent at a time.
///
/// Every piece is hashed where it was read to, which is small enough to stay in the processor's cache: nothing goes through
/// memory twice, and from one processor to another go headers alone.
final class DataCheckers: Sendable {
  /// An extent on its way to the thread that checks it. Only who has taken it from a queue touches it.
  private final class Job: @unchecked Sendable {
    let header = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Layout.Extent.headerSize, alignment: 16)
    var expected = ExtentReader.Expected(number: 0, digest: nil)
    var offset: UInt64 = 0

    deinit { header.deallocate() }
  }

  private struct Outcome {
    var contents: [[ContentDigest]] = []
    /// Of the first extent that is wrong.
    var failure: (extent: UInt64, error: VMAError)?
  }

  /// Bytes that are read and hashed at a time.
  private static let piece = 256 << 10
  private static let maximumThreads = 4

  private let storage: any ArchiveStorage
  private let devices: HashedDevices
  private let free: BufferQueue<Job>
  private let waiting = BufferQueue<Job>()
  private let outcome = SleepingLock(Outcome())
  private let threads = SleepingLock<[WorkerThread]>([])

  /// Starts a thread for each processor, four at most.
  ///
  /// - Throws: ``VMAError`` with the errno of `pthread_create`.
  init(_ storage: any ArchiveStorage, _ devices: HashedDevices) throws(VMAError) {
    self.storage = storage
    self.devices = devices
    let count = max(1, min(Self.maximumThreads, Int(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    free = BufferQueue((0..<4 * count).map { _ in Job() })
    do throws(VMAError) {
      for _ in 0..<count {
        let thread = try WorkerThread { [self] in run() }
        threads.withLock { $0.append(thread) }
      }
    } catch {
      end()
      throw error
    }
  }

  /// Whether something was found wrong, so that what follows need not be looked at.
  var hasFailed: Bool { outcome.withLock { $0.failure != nil } }

  /// Hands an extent over, waiting while too many are under way.
  ///
  /// - Parameters:
  ///   - header: the extent's header, checked.
  ///   - expected: what its data must be.
  ///   - offset: where it is in the archive.
  func check(_ header: UnsafeRawBufferPointer, _ expected: ExtentReader.Expected, at offset: UInt64) {
    guard let job = free.take() else { return }
    job.header.copyMemory(from: header)
    job.expected = expected
    job.offset = offset
    waiting.put(job)
  }

  /// Waits until all that was handed over is checked.
  ///
  /// - Throws: ``VMAError`` of the first extent whose data is wrong or cannot be read.
  /// - Returns: what each thread has found of the devices' contents.
  func finish() throws(VMAError) -> [[ContentDigest]] {
    end()
    let outcome = outcome.withLock { $0 }
    if let failure = outcome.failure { throw failure.error }
    return outcome.contents
  }

  private func end() {
    waiting.close()
    let running = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
  }

  private func run() {
    var hashing = BlockHashing(devices)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.piece, alignment: Layout.blockSize)
    defer { room.deallocate() }
    while let job = waiting.take() {
      let number = job.expected.number
      // Those before the first that is wrong are still looked at: one of them may be wrong, too.
      if outcome.withLock({ $0.failure.map { number < $0.extent } ?? true }) {
        do throws(VMAError) {
          try check(job, &hashing, room)
        } catch {
          outcome.withLock { outcome in
            if outcome.failure.map({ number < $0.extent }) ?? true { outcome.failure = (number, error) }
          }
        }
      }
      free.put(job)
    }
    outcome.withLock { $0.contents.append(hashing.contents) }
  }

  private func check(
    _ job: Job, _ hashing: inout BlockHashing, _ room: UnsafeMutableRawBufferPointer
  ) throws(VMAError) {
    let count = hashing.begin(UnsafeRawBufferPointer(job.header)) * Layout.blockSize
    var done = 0
    while done < count {
      let piece = room.slice(0, min(room.count, count - done))
      let header = Layout.Extent.headerSize
      let read = try storage.read(into: piece, at: job.offset + UInt64(header + done))
      guard read == piece.count else {
        throw VMAError(
          .extentTruncated(have: header + done + read, need: header + count),
          at: job.offset + UInt64(header + done + read))
      }
      hashing.add(UnsafeRawBufferPointer(piece), from: done / Layout.blockSize)
      done += piece.count
    }
    try hashing.finish(extent: job.expected.number, recorded: job.expected.digest, at: job.offset)
  }
}
