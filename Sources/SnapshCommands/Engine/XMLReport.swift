import XMLTree

extension XMLError: ReportableError {
  /// The place and what is wrong there.
  public var report: FailureReport {
    FailureReport(kind: "xml", message: description)
  }
}
