import CLibvirt

/// What holds a domain: saves, snapshots, backups, migrations and the like, of which there is one at a time.
extension Domain {
  /// All that the driver tells of the job that holds the domain, or of the last one (`virDomainGetJobStats`, 1.0.3).
  public func jobStatistics(_ flags: JobStatisticsFlags = []) throws(LibvirtError) -> JobStatistics {
    var type: Int32 = 0
    var list: UnsafeMutablePointer<virTypedParameter>?
    var count: Int32 = 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetJobStats(handle, &type, &list, &count, flags.rawValue))
    }
    defer { virTypedParamsFree(list, count) }
    return JobStatistics(
      kind: JobInfo.Kind(rawValue: type) ?? .none,
      parameters: TypedParameter.copying(list, count: count))
  }

  /// Asks the job that holds the domain to end.
  ///
  /// The C functions are `virDomainAbortJob`, and `virDomainAbortJobFlags` (8.5.0) where a flag is set.
  public func abortJob(_ flags: JobAbortFlags) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        flags.isEmpty ? virDomainAbortJob(handle) : virDomainAbortJobFlags(handle, flags.rawValue))
    }
  }
}

/// What a job is there for (`virDomainJobOperation`, 3.3.0).
public enum JobOperation: Int32, Sendable, CaseIterable {
  case unknown = 0
  case start = 1
  case save = 2
  case restore = 3
  case migrationIn = 4
  case migrationOut = 5
  case snapshot = 6
  case snapshotRevert = 7
  case dump = 8
  case backup = 9
  case snapshotDelete = 10
}

/// A job's kind, and its figures by libvirt's names for them (`VIR_DOMAIN_JOB_…`).
public struct JobStatistics: Equatable, Sendable {
  /// The kind of job.
  public let kind: JobInfo.Kind
  /// The figures, in the driver's order.
  public let parameters: [TypedParameter]

  /// Puts the two together.
  public init(kind: JobInfo.Kind, parameters: [TypedParameter]) {
    self.kind = kind
    self.parameters = parameters
  }

  /// The first figure of a name.
  public subscript(name: String) -> TypedParameter? {
    parameters.first { $0.name == name }
  }

  /// What the job is there for; `unknown` where the driver does not say.
  public var operation: JobOperation {
    guard case .int32(let number)? = self[VIR_DOMAIN_JOB_OPERATION]?.value else { return .unknown }
    return JobOperation(rawValue: number) ?? .unknown
  }

  /// Since its start, in milliseconds.
  public var elapsedMilliseconds: UInt64? { self[VIR_DOMAIN_JOB_TIME_ELAPSED]?.unsigned }
}

/// Which job is asked about, and what asking does (`virDomainGetJobStatsFlags`).
public struct JobStatisticsFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The job that ended last; asking makes libvirt forget it (`VIR_DOMAIN_JOB_STATS_COMPLETED`, 1.2.9).
  public static let completed = JobStatisticsFlags(rawValue: 1 << 0)
  /// Do not make it forget (`VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED`, 6.0.0).
  public static let keepCompleted = JobStatisticsFlags(rawValue: 1 << 1)
}

/// How a job is ended (`virDomainAbortJobFlagsValues`).
public struct JobAbortFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A migration that has switched to post-copy too (`VIR_DOMAIN_ABORT_JOB_POSTCOPY`, 8.5.0).
  public static let postCopy = JobAbortFlags(rawValue: 1 << 0)
}
