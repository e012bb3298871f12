import Libvirt

extension LibvirtError: ReportableError {
  /// libvirt's own code, domain and sentence.
  public var report: FailureReport {
    FailureReport(
      kind: "libvirt", code: Int(code.rawValue), domain: Int(domain.rawValue), message: message)
  }
}
