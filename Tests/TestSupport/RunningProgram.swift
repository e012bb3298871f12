import Foundation

/// A program that runs beside the test, whose output can be watched; killed with the value.
public final class RunningProgram {
  /// Where its standard output and standard error are collected.
  public let outputPath: String
  public let errorPath: String
  private let process: pid_t
  private var status: Int32?

  /// Starts a program.
  /// - Parameters:
  ///   - arguments: the program, looked up in PATH, and its arguments.
  ///   - directory: a directory that takes the files of its output.
  ///   - name: what these files begin with.
  ///   - environment: variables set (or, with nil, unset) on top of the current ones.
  /// - Throws: ``TestSupportError`` when it cannot be started.
  public init(
    _ arguments: [String], outputIn directory: String, name: String, environment: [String: String?] = [:]
  ) throws {
    outputPath = "\(directory)/\(name).out"
    errorPath = "\(directory)/\(name).err"
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let output = open(outputPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    let errors = open(errorPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { for descriptor in [null, output, errors] { close(descriptor) } }
    process = try spawn(arguments, environment: environment, descriptors: [null, output, errors])
  }

  deinit {
    guard status == nil else { return }
    kill(process, SIGKILL)
    _ = waitForExit(of: process, timeout: 60)
  }

  /// The program's process id.
  public var processID: Int32 { process }

  /// What it has written to standard output until now.
  public var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// What it has written to standard error until now.
  public var error: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  /// Waits until the program has stopped itself (SIGSTOP).
  /// - Throws: ``TestSupportError`` when it has ended instead, or does not stop within a minute.
  public func waitUntilStopped() throws {
    for _ in 0..<3000 {
      if status == nil { status = waitForExit(of: process, timeout: 0) }
      guard status == nil else { break }
      if isStopped(process) { return }
      usleep(20_000)
    }
    throw TestSupportError("process \(process) has not stopped itself\n  stderr: \(error)")
  }

  /// Waits until the output holds a text.
  /// - Throws: ``TestSupportError`` when the program ends before, or after a minute.
  public func waitForOutput(_ text: String) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while !output.contains(text) {
      if status == nil { status = waitForExit(of: process, timeout: 0) }
      guard status == nil, Date() < deadline else {
        throw TestSupportError("the program never wrote '\(text)'\n  stdout: \(output)\n  stderr: \(error)")
      }
      usleep(5_000)
    }
  }

  /// Waits for its end.
  /// - Returns: the exit status; 128 and the signal's number where one killed it.
  /// - Throws: ``TestSupportError`` when it runs longer than `timeout` seconds.
  public func waitForEnd(timeout: Double = 120) throws -> Int32 {
    if status == nil { status = waitForExit(of: process, timeout: timeout) }
    guard let status else {
      throw TestSupportError("the program did not end within \(timeout) seconds\n  stderr: \(error)")
    }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }
}
