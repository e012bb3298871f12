import Operations

extension MirrorError: ReportableError {
  /// The sentence.
  public var report: FailureReport { FailureReport(kind: "mirror", message: description) }
}
