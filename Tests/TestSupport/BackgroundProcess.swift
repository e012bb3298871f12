import Foundation

/// A program that keeps running beside the test, output dropped; killed with the value.
public final class BackgroundProcess {
  private let process: pid_t
  private var hasEnded = false

  /// Starts a program.
  /// - Parameter arguments: the program, looked up in PATH, and its arguments.
  /// - Throws: ``TestSupportError`` when it cannot be started.
  public init(_ arguments: [String]) throws {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    process = try spawn(arguments, environment: [:], descriptors: [null, null, null])
  }

  deinit { end() }

  /// Whether the program still runs.
  public var isRunning: Bool {
    if !hasEnded { hasEnded = waitForExit(of: process, timeout: 0) != nil }
    return !hasEnded
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
