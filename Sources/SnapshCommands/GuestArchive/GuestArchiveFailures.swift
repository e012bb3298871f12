import Operations

extension GuestArchiveError: ReportableError {
  /// The error as a JSON object.
  public var report: FailureReport { FailureReport(kind: "guest-archive", message: description) }
}
