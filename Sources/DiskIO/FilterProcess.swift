import CLinux
import Glibc
import SystemPackage

/// A program between two pipes: bytes go in at one end and come out, changed, at the other.
///
/// One thread writes while another one reads. The program is killed when nobody holds it any more.
public final class FilterProcess: @unchecked Sendable {
  private let tool: String
  private let input: Pipe
  private let output: Pipe
  private let errors: FileDescriptor
  private let child: pid_t
  // Only the reading thread waits.
  private var ending: ChildProcess.Ending?

  /// Starts `tool` from `PATH`.
  ///
  /// The corresponding C function is `posix_spawn`.
  /// - Parameters:
  ///   - tool: the program's name.
  ///   - package: the Debian package that the program comes from, for the message when it is missing.
  ///   - arguments: all arguments after the program's name.
  /// - Throws: ``DiskIOError``: `.toolMissing`, or what kept it from starting.
  public init(_ tool: String, package: String, _ arguments: [String]) throws(DiskIOError) {
    let program = try ChildProcess.path(of: tool, package: package)
    self.tool = tool
    input = try Pipe(tool)
    output = try Pipe(tool)
    // What it complains about is read when it has ended; nobody has to empty a pipe meanwhile.
    let complaints = memfd_create(tool, UInt32(LINUX_MFD_CLOEXEC))
    guard complaints >= 0 else { throw DiskIOError.lastErrno("start", tool) }
    errors = FileDescriptor(rawValue: complaints)
    do throws(DiskIOError) {
      child = try ChildProcess.start(
        program, arguments, input: input.readEnd, output: output.writeEnd, errors: complaints)
    } catch {
      close(complaints)
      throw error
    }
    input.closeReadEnd()
    output.closeWriteEnd()
    PipeCapacity.enlarge(input.writeEnd)
    PipeCapacity.enlarge(output.readEnd)
  }

  deinit {
    kill()
    _ = finish()
    close(errors.rawValue)
  }

  /// Gives the program bytes, waiting until it takes them. SIGPIPE must be blocked.
  ///
  /// - Returns: false when the program takes no more, which is not an error as such.
  public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = Glibc.write(input.writeEnd, rest.baseAddress, rest.count)
      if count < 0 && errno != EINTR { return false }
      done += max(0, count)
    }
    return true
  }

  /// Tells the program that nothing follows.
  public func endInput() { input.closeWriteEnd() }

  /// Puts what the program has written into `buffer`, waiting until there is something.
  ///
  /// - Throws: ``DiskIOError`` `.system`.
  /// - Returns: how many bytes; 0 when the program has closed its output.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(DiskIOError) -> Int {
    while true {
      let count = Glibc.read(output.readEnd, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw DiskIOError.lastErrno("read from", tool) }
    }
  }

  /// Ends the program at once, so that whoever writes to it or reads from it goes on. Only before ``finish()``.
  public func kill() {
    if ending == nil { Glibc.kill(child, SIGKILL) }
  }

  /// Waits until the program has ended.
  ///
  /// - Returns: nil when it has done its work, else the last line of its complaints or how it ended.
  public func finish() -> String? {
    let ending = ending ?? ChildProcess.wait(for: child)
    self.ending = ending
    if ending == .exited(0) { return nil }
    var complaints = [UInt8](repeating: 0, count: 4096)
    let length = lseek(errors.rawValue, 0, SEEK_END)
    let count = pread(errors.rawValue, &complaints, complaints.count, max(0, length - complaints.count))
    return ChildProcess.lastLine(of: Array(complaints.prefix(max(0, count))), tool: tool) ?? ending.words
  }
}
