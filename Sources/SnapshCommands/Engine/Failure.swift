import CommandGrammar
import Operations

/// What an error is to programs: one JSON object, the same for errors of every module.
public struct FailureReport: Encodable, Equatable, Sendable {
  /// The module or library that failed: `libvirt`, `usage`, `vma`, `disk`, `xml`, `system`, …
  public var kind: String
  /// libvirt's error code or the system's errno, where there is one.
  public var code: Int?
  /// libvirt's error domain, where there is one.
  public var domain: Int?
  /// One sentence: what failed, why, and what to do.
  public var message: String
  /// What the command was about to do, outermost first.
  public var context: [String]?

  /// - Parameters:
  ///   - kind: The module or library that failed.
  ///   - code: libvirt's error code or the system's errno.
  ///   - domain: libvirt's error domain.
  ///   - message: One sentence.
  ///   - context: What the command was about to do.
  public init(kind: String, code: Int? = nil, domain: Int? = nil, message: String, context: [String]? = nil) {
    self.kind = kind
    self.code = code
    self.domain = domain
    self.message = message
    self.context = context
  }
}

/// An error that knows how it is reported to programs.
public protocol ReportableError: Error {
  /// The error as a JSON object.
  var report: FailureReport { get }
}

/// A command that failed: what it was about to do, and why that failed.
public struct CommandFailure: Error {
  /// Lines printed before the cause, as `Failed to delete snapshot s1`.
  public let context: [String]
  /// The error of the module that failed; none where the context says it all.
  public let cause: (any Error)?
  /// The exit status of the process.
  public let exitStatus: Int32
  /// Whether people are shown the cause too; programs always are.
  let showsCause: Bool

  /// - Parameters:
  ///   - context: What the command was about to do, one line.
  ///   - cause: The error of the module that failed.
  ///   - exitStatus: The exit status of the process.
  public init(_ context: String, cause: (any Error)? = nil, exitStatus: Int32 = 1) {
    self.context = [context]
    self.cause = cause
    self.exitStatus = exitStatus
    showsCause = true
  }

  /// A failure that virsh tells in lines of its own, without libvirt's.
  ///
  /// - Parameters:
  ///   - lines: What people are shown.
  ///   - cause: The error behind, shown to programs only.
  public init(lines: [String], hiding cause: (any Error)? = nil) {
    context = lines
    self.cause = cause
    exitStatus = 1
    showsCause = false
  }
}

/// How any error is shown: lines of text, a JSON object, an exit status.
struct Failure {
  let lines: [String]
  let report: FailureReport
  let exitStatus: Int32

  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure:
      self.init(failure)
    case let usage as UsageError:
      self.init(lines: usage.lines, kind: "usage")
    case let reportable as any ReportableError:
      let report = reportable.report
      self.init(lines: [report.message], report: report, exitStatus: 1)
    case let failure as PlanFailure:
      self.init(failure)
    case let cancelled as CancelledError:
      // What a shell says of a process that SIGINT ended.
      self.init(lines: [cancelled.description], kind: "interrupted", exitStatus: 130)
    case let argument as ArgumentError:
      self.init(lines: argument.lines, kind: "usage")
    default:
      self.init(lines: [String(describing: error)], kind: "system")
    }
  }

  private init(_ failure: CommandFailure) {
    guard let cause = failure.cause.map(Failure.init) else {
      self.init(lines: failure.context, kind: "command", exitStatus: failure.exitStatus)
      return
    }
    var report = cause.report
    report.context = failure.context + (report.context ?? [])
    self.init(
      lines: failure.context + (failure.showsCause ? cause.lines : []), report: report,
      exitStatus: failure.exitStatus)
  }

  /// Told in its own words, but with the kind, code and exit status of what made it fail.
  private init(_ failure: PlanFailure) {
    let cause = failure.cause.map(Failure.init)
    var report = cause?.report ?? FailureReport(kind: "operation", message: "")
    report.message = failure.description
    self.init(lines: [report.message], report: report, exitStatus: cause?.exitStatus ?? 1)
  }

  private init(lines: [String], kind: String, exitStatus: Int32 = 1) {
    let report = FailureReport(kind: kind, message: lines.joined(separator: "; "))
    self.init(lines: lines, report: report, exitStatus: exitStatus)
  }

  private init(lines: [String], report: FailureReport, exitStatus: Int32) {
    self.lines = lines
    self.report = report
    self.exitStatus = exitStatus
  }

  /// Each line behind `error: `.
  var text: String {
    lines.map { "error: \($0)\n" }.joined()
  }
}
