import Foundation

/// A program that keeps running beside the test, output dropped; killed with the value.
public final class BackgroundProcess {
  private let process: pid_t
  private var hasEnded = false

  /// Starts a program.
  /// - Parameters:
  ///   - arguments: the program, looked up in PATH, and its arguments.
  ///   - environment: variables set (or, with nil, unset) on top of the current ones.
  /// - Throws: ``TestSupportError`` when it cannot be started.
  public init(_ arguments: [String], environment: [String: String?] = [:]) throws {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    process = try spawn(arguments, environment: environment, descriptors: [null, null, null])
  }

  deinit { end() }

  /// Whether the program still runs.
  public var isRunning: Bool {
    if !hasEnded { hasEnded = waitForExit(of: process, timeout: 0) != nil }
    return !hasEnded
  }

  /// Waits until the program has stopped itself (SIGSTOP).
  /// - Throws: ``TestSupportError`` when it has ended instead, or does not stop within a minute.
  public func waitUntilStopped() throws {
    for _ in 0..<3000 {
      guard isRunning else { break }
      if isStopped(process) { return }
      usleep(20_000)
    }
    throw TestSupportError("process \(process) has not stopped itself")
  }

  /// Kills the program and returns when it is gone. Nothing is asked of it first: tests run on threads that block the
  /// other signals, and a program inherits that.
  public func end() {
    guard isRunning else { return }
    kill(process, SIGKILL)
    _ = waitForExit(of: process, timeout: 60)
    hasEnded = true
  }
}

/// Whether a process is stopped (SIGSTOP).
func isStopped(_ process: pid_t) -> Bool {
  let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
  // The state follows the name, which is in parentheses and may hold anything.
  guard let end = stat.lastIndex(of: ")") else { return false }
  return stat[end...].hasPrefix(") T")
}
