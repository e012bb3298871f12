/// How a process that ``run(_:stdin:environment:directory:timeout:)`` started has ended, and what it wrote.
public struct ProcessResult: Equatable, Sendable, CustomStringConvertible {
  /// What was run.
  public let arguments: [String]

  /// The exit status; nil when a signal ended the process.
  public let status: Int32?

  /// The signal that ended the process; nil when it exited.
  public let signal: Int32?

  /// Everything written to standard output.
  public let stdoutBytes: [UInt8]

  /// Everything written to standard error.
  public let stderrBytes: [UInt8]

  /// Standard output as text; bytes that are not UTF-8 show as U+FFFD.
  public var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }

  /// Standard error as text; bytes that are not UTF-8 show as U+FFFD.
  public var stderr: String { String(decoding: stderrBytes, as: UTF8.self) }

  /// Standard error without the lines that libvirt's logger writes there when a driver runs inside the process.
  public var stderrWithoutLibvirtLog: String {
    let stamp = #/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+0000: \d+: /#
    let lines = stderr.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.filter { $0.prefixMatch(of: stamp) == nil }.joined(separator: "\n")
  }

  /// Whether the process exited with status 0.
  public var succeeded: Bool { status == 0 }

  /// Everything needed to understand a failure, on several lines.
  public var description: String {
    let end = status.map { "exit status \($0)" } ?? "signal \(signal ?? 0)"
    return
      "\(arguments.joined(separator: " "))\n  ended with \(end)\n  stdout: \(stdout)\n  stderr: \(stderr)"
  }

  /// The same result, if it is a success.
  /// - Throws: ``TestSupportError`` with ``description`` if it is not.
  @discardableResult
  public func check() throws -> Self {
    guard succeeded else { throw TestSupportError(description) }
    return self
  }
}
