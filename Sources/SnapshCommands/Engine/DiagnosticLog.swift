import CommandGrammar
import Glibc
import SystemPackage

/// What `-d` tells beside results, and the file of `-l` that keeps it along with every error.
///
/// The levels and the form of a line in the file are virsh's; the file is only ever added to.
public final class DiagnosticLog: Sendable {
  /// How important a message is.
  public enum Level: Int, Sendable, Comparable {
    case debug
    case info
    case notice
    case warning
    case error

    /// Orders by importance.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    fileprivate var name: String {
      switch self {
      case .debug: "DEBUG"
      case .info: "INFO"
      case .notice: "NOTICE"
      case .warning: "WARNING"
      case .error: "ERROR"
      }
    }
  }

  private let threshold: Level
  private let file: FileDescriptor?

  /// Opens the file where the options name one.
  ///
  /// - Throws: ``UsageError`` in virsh's words.
  init(_ options: GlobalOptions) throws {
    threshold = options.debugLevel
    guard let path = options.logFile else {
      file = nil
      return
    }
    do {
      let permissions: FilePermissions = [.ownerReadWrite]
      file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec], permissions: permissions)
    } catch {
      throw UsageError.invalidGlobalValue("failed to open the log file. check the log file path")
    }
  }

  deinit {
    try? file?.close()
  }

  /// Whether messages of a level are told.
  func tells(_ level: Level) -> Bool { level >= threshold }

  /// Adds a message to the file.
  ///
  /// A log that can no longer be written to ends nobody's work.
  func keep(_ message: String, level: Level) {
    let stamp = LocalTime.now().logStamp
    let line = "[\(stamp) snapsh \(getpid())] \(level.name) \(message)\n"
    _ = try? file?.writeAll(line.utf8)
  }
}

extension Console {
  /// Tells how the work goes, where `-d` asks for it: on the output, as virsh does, unless programs read that.
  ///
  /// - Parameters:
  ///   - message: One line, without its newline.
  ///   - level: How important it is.
  ///   - json: Whether the output is JSON; the message then goes to the error stream.
  /// - Throws: ``ConsoleError``.
  func note(_ message: @autoclosure () -> String, level: DiagnosticLog.Level, json: Bool) throws {
    guard let log, log.tells(level) else { return }
    let line = message()
    log.keep(line, level: level)
    if json {
      printError(line + "\n")
    } else {
      try print(line + "\n")
    }
  }
}
