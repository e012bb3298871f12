import CLibvirt

/// Managed save, and the job behind it.
extension Domain {
  /// Whether libvirt keeps a managed save image of it (`virDomainHasManagedSaveImage`).
  public func hasManagedSave() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainHasManagedSaveImage(handle, 0)) }
  }

  /// Saves its memory to a file of libvirt's and stops it; returns when that is done (`virDomainManagedSave`).
  public func managedSave(_ flags: DomainSaveFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainManagedSave(handle, flags.rawValue))
    }
  }

  /// Throws its managed save image away (`virDomainManagedSaveRemove`).
  public func removeManagedSave() throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainManagedSaveRemove(handle, 0)) }
  }

  /// How far the job that holds the domain has come (`virDomainGetJobInfo`); may be called beside the job's own call.
  public func jobInfo() throws(LibvirtError) -> JobInfo {
    var info = virDomainJobInfo()
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainGetJobInfo(handle, &info)) }
    return JobInfo(info)
  }

  /// Asks the job that holds the domain to end (`virDomainAbortJob`).
  public func abortJob() throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainAbortJob(handle)) }
  }
}

/// How far a domain's job has come (`virDomainJobInfo`).
public struct JobInfo: Equatable, Sendable {
  /// The kinds of jobs (`virDomainJobType`).
  public enum Kind: Int32, Sendable {
    /// No job.
    case none = 0
    /// One that knows its end.
    case bounded = 1
    /// One that does not.
    case unbounded = 2
    /// Done, not yet cleaned up.
    case completed = 3
    /// Failed, not yet cleaned up.
    case failed = 4
    /// Cancelled, not yet cleaned up.
    case cancelled = 5
  }

  /// The kind of job.
  public let kind: Kind
  /// Since its start, in milliseconds.
  public let elapsedMilliseconds: UInt64
  /// All of its data, in bytes.
  public let totalBytes: UInt64
  /// Data done, in bytes.
  public let processedBytes: UInt64
  /// Data to do, in bytes.
  public let remainingBytes: UInt64

  init(_ info: virDomainJobInfo) {
    kind = Kind(rawValue: info.type) ?? .none
    elapsedMilliseconds = info.timeElapsed
    totalBytes = info.dataTotal
    processedBytes = info.dataProcessed
    remainingBytes = info.dataRemaining
  }
}
