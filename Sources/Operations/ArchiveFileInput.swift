import DiskIO
import Glibc
import Synchronization
import SystemPackage
import VMA

/// An archive's file, or standard input; waits for bytes only as long as they are wanted.
final class ArchiveFileInput: ArchiveInput {
  private let descriptor: FileDescriptor
  private let cancellation: Cancellation
  private let isStopped = Atomic<Bool>(false)
  /// Whether a read never waits for somebody else.
  private let isRegularFile: Bool
  /// The file; nil for a pipe, and for a file of which something was read before.
  let storage: (any ArchiveStorage)?

  init(_ descriptor: FileDescriptor, cancellation: Cancellation) {
    self.descriptor = descriptor
    self.cancellation = cancellation
    var status = stat()
    isRegularFile = fstat(descriptor.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    storage =
      isRegularFile && lseek(descriptor.rawValue, 0, SEEK_CUR) == 0 ? DescriptorStorage(descriptor) : nil
    PipeCapacity.enlarge(descriptor.rawValue)
  }

  /// Makes a read that is under way on another thread, and all that follow, fail as cancelled ones do.
  func stop() { isStopped.store(true, ordering: .releasing) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      try check()
      if isRegularFile { return try descriptor.read(into: buffer) }
      // The read happens on a thread that a signal does not reach, so the wait has an end of its own.
      var waiting = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 200)
      // A signal ends the wait, and the read would begin another one that no signal ends.
      if ready > 0 || (ready < 0 && errno != EINTR) { return try descriptor.read(into: buffer) }
    }
  }

  func skip(_ count: UInt64) throws -> UInt64? {
    try check()
    return try DescriptorInput(descriptor).skip(count)
  }

  private func check() throws {
    try cancellation.check()
    if isStopped.load(ordering: .acquiring) { throw CancelledError() }
  }
}
