import CLinux
import DiskIO
import Glibc
import NBDServer
import Synchronization
import SystemPackage

/// A program that runs beside this process and never longer: killed though we may be, the kernel ends it with us.
final class TetheredProcess: Sendable {
  private let tool: String
  private let errors: FileDescriptor
  private let life = Life()
  private let thread = Mutex<ServiceThread?>(nil)

  /// What is known of the program. The thread beside it holds this, and not the object that ends with its owner.
  private final class Life: Sendable {
    enum Stage {
      case starting
      case running(pid_t)
      case ended(ChildProcess.Ending)
      case notStarted(Errno)
    }

    let stage = Mutex(Stage.starting)

    /// Waits for the program's end; nobody signals its process id once that is free for others.
    func accompany(_ process: pid_t) {
      guard process > 0 else { return stage.withLock { $0 = .notStarted(Errno(rawValue: errno)) } }
      stage.withLock { $0 = .running(process) }
      var information = siginfo_t()
      while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
      stage.withLock { $0 = .ended(ChildProcess.wait(for: process)) }
    }

    func signal(_ number: Int32) {
      stage.withLock { stage in
        if case .running(let process) = stage { kill(process, number) }
      }
    }
  }

  /// Starts `tool` from `PATH`, without standard input and output.
  ///
  /// The C functions are `fork`, `prctl` with `PR_SET_PDEATHSIG`, and `execv`.
  /// - Parameters:
  ///   - tool: the program's name.
  ///   - package: the Debian package that it comes from.
  ///   - arguments: all arguments after the program's name.
  ///   - descriptor: is open in the program too, under the same number; nil for none.
  /// - Throws: `DiskIOError`, `NBDServerError` for a thread that cannot be had.
  init(_ tool: String, package: String, _ arguments: [String], handing descriptor: Int32? = nil) throws {
    let program = try ChildProcess.path(of: tool, package: package)
    self.tool = tool
    // What it complains about is read when it has ended; nobody has to empty a pipe meanwhile.
    let complaints = memfd_create(tool, UInt32(LINUX_MFD_CLOEXEC))
    guard complaints >= 0 else {
      throw DiskIOError.system(operation: "start", path: tool, errno: Errno(rawValue: errno), offset: nil)
    }
    errors = FileDescriptor(rawValue: complaints)
    // The kernel's signal comes when the thread that started the program ends, so that thread stays with it.
    let started = try ServiceThread { [life] in
      let words = ([program] + arguments).map { strdup($0) } + [nil]
      defer { for word in words { free(word) } }
      life.accompany(snapsh_start_tethered(program, words, complaints, descriptor ?? -1))
    }
    thread.withLock { $0 = started }
    while case .starting = life.stage.withLock({ $0 }) { usleep(1000) }
    if case .notStarted(let errno) = life.stage.withLock({ $0 }) {
      throw DiskIOError.system(operation: "start", path: program, errno: errno, offset: nil)
    }
  }

  deinit {
    stop()
    try? errors.close()
  }

  /// Whether it runs.
  var isAlive: Bool {
    if case .running = life.stage.withLock({ $0 }) { true } else { false }
  }

  /// Why it has ended: the last line of its complaints, or how it did. Nil while it runs.
  var reason: String? {
    guard case .ended(let ending) = life.stage.withLock({ $0 }) else { return nil }
    var complaints = [UInt8](repeating: 0, count: 4096)
    let length = lseek(errors.rawValue, 0, SEEK_END)
    let count = pread(errors.rawValue, &complaints, complaints.count, max(0, length - complaints.count))
    return ChildProcess.lastLine(of: Array(complaints.prefix(max(0, count))), tool: tool) ?? ending.words
  }

  /// Asks the program to end and waits for that, 30 seconds at most; then it is killed.
  func stop() {
    life.signal(SIGTERM)
    for _ in 0..<3000 where isAlive { usleep(10_000) }
    life.signal(SIGKILL)
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}
