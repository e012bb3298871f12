import CLibvirt

/// Jobs of the hypervisor on one disk: copy, commit, pull.
extension Domain {
  /// The job on a disk, `nil` where there is none (`virDomainGetBlockJobInfo`, 0.9.4).
  ///
  /// The bandwidth is in MiB/s, or in bytes/s with ``BlockJobInfoFlags/bandwidthInBytes``.
  public func blockJob(on disk: String, _ flags: BlockJobInfoFlags = []) throws(LibvirtError) -> BlockJobInfo?
  {
    var info = virDomainBlockJobInfo()
    let isRunning = try withHandle { (handle) throws(LibvirtError) in
      try flag(virDomainGetBlockJobInfo(handle, disk, &info, flags.rawValue))
    }
    return isRunning ? BlockJobInfo(info) : nil
  }

  /// Ends the job on a disk, or pivots to its copy (`virDomainBlockJobAbort`, 0.9.4).
  public func abortBlockJob(on disk: String, _ flags: BlockJobAbortFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockJobAbort(handle, disk, flags.rawValue))
    }
  }

  /// Limits the job on a disk, in MiB/s, or in bytes/s where asked; 0 takes the limit away
  /// (`virDomainBlockJobSetSpeed`, 0.9.4).
  public func setBlockJobSpeed(
    on disk: String, bandwidth: UInt, _ flags: BlockJobSpeedFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockJobSetSpeed(handle, disk, bandwidth, flags.rawValue))
    }
  }

  /// Starts to fill a disk's image from its whole backing chain (`virDomainBlockPull`, 0.9.4).
  public func blockPull(
    on disk: String, bandwidth: UInt, _ flags: BlockRebaseFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockPull(handle, disk, bandwidth, flags.rawValue))
    }
  }

  /// Starts to fill a disk's image down to a base, or to copy it to a file (`virDomainBlockRebase`, 0.9.10).
  public func blockRebase(
    on disk: String, base: String?, bandwidth: UInt, _ flags: BlockRebaseFlags
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockRebase(handle, disk, base, bandwidth, flags.rawValue))
    }
  }

  /// Starts to write a disk's overlays into an image below them (`virDomainBlockCommit`, 0.10.2).
  public func blockCommit(
    on disk: String, base: String?, top: String?, bandwidth: UInt, _ flags: BlockCommitFlags
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockCommit(handle, disk, base, top, bandwidth, flags.rawValue))
    }
  }

  /// Starts to copy a disk to what a `<disk>` document describes (`virDomainBlockCopy`, 1.2.8).
  public func blockCopy(
    of disk: String, destinationXML: String, _ tuning: BlockCopyTuning, _ flags: BlockCopyFlags
  ) throws(LibvirtError) {
    var list: UnsafeMutablePointer<virTypedParameter>?
    var count: Int32 = 0
    var capacity: Int32 = 0
    defer { virTypedParamsFree(list, count) }
    if let bandwidth = tuning.bandwidth {
      try check(
        virTypedParamsAddULLong(&list, &count, &capacity, VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, bandwidth))
    }
    if let granularity = tuning.granularity {
      try check(
        virTypedParamsAddUInt(&list, &count, &capacity, VIR_DOMAIN_BLOCK_COPY_GRANULARITY, granularity))
    }
    if let bufferSize = tuning.bufferSize {
      try check(
        virTypedParamsAddULLong(&list, &count, &capacity, VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, bufferSize))
    }
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockCopy(handle, disk, destinationXML, list, count, flags.rawValue))
    }
  }
}

/// How a block copy goes about it; `nil` leaves the choice to the hypervisor.
public struct BlockCopyTuning: Equatable, Sendable {
  /// The most that is written, in bytes/s.
  public var bandwidth: UInt64?
  /// The unit in which dirty data is tracked, in bytes; a power of two.
  public var granularity: UInt32?
  /// The most that is in flight, in bytes.
  public var bufferSize: UInt64?

  /// Puts the three together.
  public init(bandwidth: UInt64? = nil, granularity: UInt32? = nil, bufferSize: UInt64? = nil) {
    self.bandwidth = bandwidth
    self.granularity = granularity
    self.bufferSize = bufferSize
  }
}

/// A job on a disk and how far it has come (`virDomainBlockJobInfo`).
public struct BlockJobInfo: Equatable, Sendable {
  /// The kinds of jobs (`virDomainBlockJobType`).
  public enum Kind: Int32, Sendable {
    /// One that is newer than this program.
    case unknown = 0
    /// An image is filled from its backing chain.
    case pull = 1
    /// A disk is mirrored to a copy.
    case copy = 2
    /// Overlays below the active one are written into their base.
    case commit = 3
    /// The active overlay is written into its base.
    case activeCommit = 4
    /// A backup.
    case backup = 5
  }

  /// The kind of job.
  public let kind: Kind
  /// The limit, in the unit that was asked for; 0 for none.
  public let bandwidth: UInt
  /// How far it has come, in units that only ``end`` gives a meaning.
  public let current: UInt64
  /// Where it ends, or has caught up.
  public let end: UInt64

  init(_ info: virDomainBlockJobInfo) {
    kind = Kind(rawValue: info.type) ?? .unknown
    bandwidth = info.bandwidth
    current = info.cur
    end = info.end
  }
}

/// What a block job event tells (`virConnectDomainEventBlockJobStatus`).
public enum BlockJobStatus: Int32, Sendable {
  /// Done.
  case completed = 0
  /// Failed.
  case failed = 1
  /// Cancelled.
  case canceled = 2
  /// A mirror that has caught up.
  case ready = 3
}
