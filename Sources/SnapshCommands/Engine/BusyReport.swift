import Operations

extension DomainBusyError: ReportableError {
  /// Which domain, and what holds it.
  public var report: FailureReport {
    FailureReport(kind: "busy", message: description)
  }
}

extension ManagedSaveTrapError: ReportableError {
  /// Why the saved memory stands in the way.
  public var report: FailureReport {
    FailureReport(kind: "managed-save", message: description)
  }
}
