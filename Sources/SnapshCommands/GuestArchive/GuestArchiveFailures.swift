import Operations
import QMP

extension GuestArchiveError: ReportableError {
  /// The error as a JSON object.
  public var report: FailureReport { FailureReport(kind: "guest-archive", message: description) }
}

extension MonitorBackupError: ReportableError {
  /// The error as a JSON object.
  public var report: FailureReport { FailureReport(kind: "guest-archive", message: description) }
}

extension QMPError: ReportableError {
  /// The error as a JSON object, with the system's errno where one is behind it.
  public var report: FailureReport { FailureReport(kind: "qmp", code: errno, message: description) }

  private var errno: Int? {
    switch self {
    case .connect(_, let errno), .system(_, let errno): Int(errno.rawValue)
    default: nil
    }
  }
}
