import Foundation

/// Runs a program to its end and returns what it wrote.
///
/// Input and output go through unnamed files, not pipes: nothing can block on a full pipe, and a daemon that the program
/// leaves behind cannot keep the caller waiting. The program gets a process group of its own, which is killed
/// when the time is over.
/// - Parameters:
///   - arguments: the program, looked up in PATH if it has no slash, and its arguments.
///   - stdin: what it reads from standard input.
///   - environment: variables set (or, with nil, unset) on top of the current ones.
///   - directory: its working directory; nil means the caller's own.
///   - timeout: seconds until its process group is killed.
/// - Returns: how it ended, whether well or not, and what it wrote.
/// - Throws: ``TestSupportError`` when the program cannot be started or does not end in time.
public func run(
  _ arguments: [String], stdin: [UInt8] = [], environment: [String: String?] = [:],
  directory: String? = nil, timeout: Double = 300
) throws -> ProcessResult {
  let input = try UnnamedFile(contents: stdin)
  let output = try UnnamedFile()
  let errors = try UnnamedFile()
  let process = try spawn(
    directory.map { ["env", "-C", $0] + arguments } ?? arguments, environment: environment,
    descriptors: [input.descriptor, output.descriptor, errors.descriptor])
  let status = waitForExit(of: process, timeout: timeout)
  guard let status else {
    kill(-process, SIGKILL)
    var ignored: Int32 = 0
    while waitpid(process, &ignored, 0) == -1 && errno == EINTR {}
    throw TestSupportError(
      "\(arguments.joined(separator: " "))\n  did not end within \(timeout) seconds and was killed"
        + "\n  stdout: \(String(decoding: output.contents, as: UTF8.self))"
        + "\n  stderr: \(String(decoding: errors.contents, as: UTF8.self))")
  }
  let signal = status & 0x7f
  return ProcessResult(
    arguments: arguments, status: signal == 0 ? (status >> 8) & 0xff : nil,
    signal: signal == 0 ? nil : signal, stdoutBytes: output.contents, stderrBytes: errors.contents)
}

/// Starts a program in a process group of its own, with `descriptors` as its standard ones, in order.
/// - Throws: ``TestSupportError`` when it cannot be started.
func spawn(
  _ arguments: [String], environment: [String: String?], descriptors: [Int32]
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (standard, descriptor) in descriptors.enumerated() {
    posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(standard))
  }

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
  posix_spawnattr_setpgroup(&attributes, 0)
  // Tests run on threads that block signals, and in the background they ignore SIGINT: a program would inherit both.
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)

  var variables = ProcessInfo.processInfo.environment
  for (name, value) in environment { variables[name] = value }
  let argv = arguments.map { strdup($0) } + [nil]
  let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in argv + envp { free(pointer) } }

  var process: pid_t = 0
  let failure = posix_spawnp(&process, arguments.first ?? "", &actions, &attributes, argv, envp)
  guard failure == 0 else {
    throw TestSupportError("cannot run \(arguments): \(String(cString: strerror(failure)))")
  }
  return process
}

/// The raw wait status of a child once it has ended, or nil when it is still running after `timeout` seconds.
func waitForExit(of process: pid_t, timeout: Double) -> Int32? {
  let deadline = Date(timeIntervalSinceNow: timeout)
  var pause: UInt32 = 500
  while true {
    var status: Int32 = 0
    if waitpid(process, &status, WNOHANG) == process { return status }
    if Date() > deadline { return nil }
    usleep(pause)
    pause = min(pause * 2, 20_000)
  }
}

/// A file without a name that a child can inherit as a standard descriptor.
private final class UnnamedFile {
  let descriptor: Int32

  init(contents: [UInt8] = []) throws {
    let path = "/tmp/snapsh-test-\(UUID().uuidString)"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw TestSupportError("cannot make \(path): \(String(cString: strerror(errno)))")
    }
    unlink(path)
    var offset = 0
    while offset < contents.count {
      let written = contents[offset...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else {
        throw TestSupportError("cannot write a file in /tmp: \(String(cString: strerror(errno)))")
      }
      offset += written
    }
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit { close(descriptor) }

  var contents: [UInt8] {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = pread(descriptor, buffer.baseAddress.map { $0 + count }, size - count, count)
        guard got > 0 else { break }
        count += got
      }
    }
  }
}
