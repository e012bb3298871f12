import CLinux
import Glibc
import SystemPackage

/// A program run to its end, its output caught: no shell, arguments as they are.
public struct ChildProcess: Sendable {
  /// How a program ended.
  public enum Ending: Equatable, Sendable {
    /// It exited with this status.
    case exited(Int32)
    /// This signal killed it.
    case signalled(Int32)
    /// Nobody can tell: the system did not let this process wait for it.
    case unknown(Errno)

    /// A few words for a message.
    public var words: String {
      switch self {
      case .exited(let status): "exit status \(status)"
      case .signalled(let signal): "killed by signal \(signal)"
      case .unknown(let errno): "how it ended is not known: \(errno)"
      }
    }
  }

  /// How it ended.
  public let ending: Ending
  /// What it wrote to standard output, at most ``captureLimit`` bytes.
  public let standardOutput: [UInt8]
  /// What it wrote to standard error, at most ``captureLimit`` bytes.
  public let standardError: [UInt8]

  /// Bytes kept of each stream; what comes after is read and dropped, so that the program never blocks.
  public static let captureLimit = 1 << 20

  /// Whether it exited with status 0.
  public var succeeded: Bool { ending == .exited(0) }

  /// The last line of standard error without the program's own name before it, or else how the program ended.
  public func reason(tool: String) -> String {
    Self.lastLine(of: standardError, tool: tool) ?? ending.words
  }

  /// Runs `tool` from `PATH` and waits for it. Standard input is empty.
  ///
  /// The corresponding C function is `posix_spawn`.
  /// - Parameters:
  ///   - tool: the program's name.
  ///   - package: the Debian package that the program comes from, for the message when it is missing.
  ///   - arguments: all arguments after the program's name.
  /// - Throws: ``DiskIOError``: `.toolMissing`, or what kept it from starting.
  /// - Returns: how it ended and what it wrote.
  public static func run(_ tool: String, package: String, _ arguments: [String]) throws(DiskIOError)
    -> ChildProcess
  {
    let program = try path(of: tool, package: package)
    let output = try Pipe(tool)
    let errors = try Pipe(tool)
    let child = try start(
      program, arguments, input: nil, output: output.writeEnd, errors: errors.writeEnd)
    output.closeWriteEnd()
    errors.closeWriteEnd()
    let (caughtOutput, caughtErrors) = drain(output, errors)
    return ChildProcess(
      ending: wait(for: child), standardOutput: caughtOutput, standardError: caughtErrors)
  }

  /// Starts a program with these descriptors as its standard ones; without an `input` its standard input is empty.
  ///
  /// - Throws: ``DiskIOError`` `.system`.
  /// - Returns: the process, which must be waited for.
  static func start(
    _ program: String, _ arguments: [String], input: Int32?, output: Int32, errors: Int32
  ) throws(DiskIOError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that this process ignores or blocks would stay so in the program. What whoever started this process
    // lets it ignore, as nohup does, the program ignores too.
    var ordinary = sigset_t()
    sigemptyset(&ordinary)
    posix_spawnattr_setsigmask(&attributes, &ordinary)
    sigaddset(&ordinary, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &ordinary)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var child = pid_t()
    let status = posix_spawn(&child, program, &actions, &attributes, words + [nil], environ)
    guard status == 0 else {
      throw DiskIOError.system(
        operation: "start", path: program, errno: Errno(rawValue: status), offset: nil)
    }
    return child
  }

  /// Waits for a process that was started, and says how it ended. The corresponding C function is `waitpid`.
  public static func wait(for child: pid_t) -> Ending {
    var code: Int32 = 0
    while waitpid(child, &code, 0) < 0 {
      // A failure to wait must never pass for a success of the program.
      guard errno == EINTR else { return .unknown(Errno(rawValue: errno)) }
    }
    return code & 0x7f == 0 ? .exited(code >> 8 & 0xff) : .signalled(code & 0x7f)
  }

  /// Where `tool` is in `PATH`, as an absolute path.
  ///
  /// - Parameters:
  ///   - tool: the program's name.
  ///   - package: the Debian package that it comes from.
  /// - Throws: ``DiskIOError`` `.toolMissing`.
  /// - Returns: the path.
  public static func path(of tool: String, package: String) throws(DiskIOError) -> String {
    let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    // Relative entries are left out: what runs must not depend on the directory one happens to be in.
    for directory in search.split(separator: ":") where directory.hasPrefix("/") {
      let candidate = directory + "/" + tool
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw DiskIOError.toolMissing(tool: tool, package: package)
  }

  /// The last line that says something, without "TOOL: " before it; nil where there is none.
  public static func lastLine(of bytes: [UInt8], tool: String) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let line = text.split(whereSeparator: \.isNewline).last(where: { !$0.allSatisfy(\.isWhitespace) })
    else { return nil }
    return String(line.hasPrefix(tool + ": ") ? line.dropFirst(tool.count + 2) : line)
  }

  /// Reads both pipes until both are at their end.
  private static func drain(_ output: borrowing Pipe, _ errors: borrowing Pipe) -> ([UInt8], [UInt8]) {
    var caught: [[UInt8]] = [[], []]
    var waiting = [
      pollfd(fd: output.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors.readEnd, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while waiting.contains(where: { $0.fd >= 0 }) {
      guard poll(&waiting, 2, -1) >= 0 || errno == EINTR else { break }
      for index in waiting.indices where waiting[index].fd >= 0 && waiting[index].revents != 0 {
        let count = read(waiting[index].fd, &buffer, buffer.count)
        if count > 0 {
          let room = max(0, captureLimit - caught[index].count)
          caught[index] += buffer[..<min(count, room)]
        } else if count == 0 || errno != EINTR {
          // poll leaves out negative descriptors.
          waiting[index].fd = -1
        }
      }
    }
    return (caught[0], caught[1])
  }
}
