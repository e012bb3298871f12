import Glibc
import Libvirt

/// Finding out, before a call that needs a domain for itself, whether a job holds it.
///
/// libvirt lets such a call wait half a minute and then fails it with the name of a function. Between the
/// look and the call another process may still begin a job; then libvirt's own answer comes after all.
public enum DomainJobWait {
  /// Returns when no job holds the domain.
  ///
  /// - Parameters:
  ///   - domain: The domain that is about to be changed.
  ///   - harmless: Jobs beside which the call works.
  ///   - waits: Whether to wait for the job's end rather than fail.
  ///   - cancellation: Ends the waiting.
  ///   - willWait: Called once for each job that is waited for, before the waiting.
  /// - Throws: ``DomainBusyError``, or ``CancelledError``.
  public static func untilFree(
    _ domain: Domain, harmless: Set<JobOperation> = [], waits: Bool,
    cancellation: @autoclosure () -> Cancellation, willWait: (DomainBusyError) -> Void = { _ in }
  ) throws {
    var awaited: JobOperation?
    while let job = job(of: domain), !harmless.contains(job.operation) {
      let busy = DomainBusyError(domain: domain.name, job: job)
      guard waits else { throw busy }
      if awaited != job.operation { willWait(busy) }
      awaited = job.operation
      try cancellation().check()
      usleep(200_000)
    }
  }

  /// The job that holds a domain; `nil` where there is none, and where the driver cannot tell.
  public static func job(of domain: Domain) -> JobStatistics? {
    guard let job = try? domain.jobStatistics(), [.bounded, .unbounded].contains(job.kind) else { return nil }
    return job
  }
}

/// A domain that a job holds.
public struct DomainBusyError: Error, Equatable, CustomStringConvertible {
  /// The domain's name.
  public let domain: String
  /// The job.
  public let job: JobStatistics

  public var description: String {
    let seconds = (job.elapsedMilliseconds ?? 0) / 1000
    // A driver that has found its guest again does not know since when the job runs.
    let since = seconds > 0 ? ", begun \(seconds) s ago" : ""
    return "domain '\(domain)' is held by a job: \(job.operation.text)\(since); let it end "
      + "('domjobabort \(domain)' ends it), or wait for it with --wait-for-job"
  }
}

extension JobOperation {
  /// The job in words.
  public var text: String {
    switch self {
    case .unknown: "one that libvirt does not name"
    case .start: "start"
    case .save: "save"
    case .restore: "restore"
    case .migrationIn: "incoming migration"
    case .migrationOut: "outgoing migration"
    case .snapshot: "snapshot"
    case .snapshotRevert: "snapshot revert"
    case .dump: "dump"
    case .backup: "backup"
    case .snapshotDelete: "snapshot deletion"
    }
  }
}
