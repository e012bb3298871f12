import CLinux
import Glibc

/// Both ends of a pipe, closed in children and at the end of its life. Used by one thread at a time.
final class Pipe {
  private(set) var readEnd: Int32
  private(set) var writeEnd: Int32

  init(_ tool: String) throws(DiskIOError) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw DiskIOError.lastErrno("start", tool) }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  func closeWriteEnd() {
    guard writeEnd >= 0 else { return }
    close(writeEnd)
    writeEnd = -1
  }

  func closeReadEnd() {
    guard readEnd >= 0 else { return }
    close(readEnd)
    readEnd = -1
  }

  deinit {
    closeWriteEnd()
    closeReadEnd()
  }
}
