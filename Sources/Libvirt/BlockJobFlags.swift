/// How a block job is told of (`virDomainBlockJobInfoFlags`).
public struct BlockJobInfoFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// In bytes/s rather than MiB/s (`VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES`, 1.2.9).
  public static let bandwidthInBytes = BlockJobInfoFlags(rawValue: 1 << 0)
}

/// How a block job is ended (`virDomainBlockJobAbortFlags`).
public struct BlockJobAbortFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Do not wait for its end (`VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC`, 0.9.12).
  public static let async = BlockJobAbortFlags(rawValue: 1 << 0)
  /// Go on with the copy (`VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT`, 0.9.12).
  public static let pivot = BlockJobAbortFlags(rawValue: 1 << 1)
}

/// How a block job is limited (`virDomainBlockJobSetSpeedFlags`).
public struct BlockJobSpeedFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// In bytes/s rather than MiB/s (`VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES`, 1.2.9).
  public static let bandwidthInBytes = BlockJobSpeedFlags(rawValue: 1 << 0)
}

/// How an image is pulled, or copied to a file (`virDomainBlockRebaseFlags`).
public struct BlockRebaseFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The copy shares the backing chain (`VIR_DOMAIN_BLOCK_REBASE_SHALLOW`, 0.9.12).
  public static let shallow = BlockRebaseFlags(rawValue: 1 << 0)
  /// The copy's file is there already (`VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT`, 0.9.12).
  public static let reuseExternal = BlockRebaseFlags(rawValue: 1 << 1)
  /// The copy is raw (`VIR_DOMAIN_BLOCK_REBASE_COPY_RAW`, 0.9.12).
  public static let copyRaw = BlockRebaseFlags(rawValue: 1 << 2)
  /// Copy rather than pull (`VIR_DOMAIN_BLOCK_REBASE_COPY`, 0.9.12).
  public static let copy = BlockRebaseFlags(rawValue: 1 << 3)
  /// Keep backing files named relatively (`VIR_DOMAIN_BLOCK_REBASE_RELATIVE`, 1.2.7).
  public static let relative = BlockRebaseFlags(rawValue: 1 << 4)
  /// The copy is a block device (`VIR_DOMAIN_BLOCK_REBASE_COPY_DEV`, 1.2.9).
  public static let copyToDevice = BlockRebaseFlags(rawValue: 1 << 5)
  /// In bytes/s rather than MiB/s (`VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES`, 1.2.9; the same bit for a pull).
  public static let bandwidthInBytes = BlockRebaseFlags(rawValue: 1 << 6)
}

/// How overlays are committed (`virDomainBlockCommitFlags`).
public struct BlockCommitFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Into the backing file of the top alone (`VIR_DOMAIN_BLOCK_COMMIT_SHALLOW`, 0.10.2).
  public static let shallow = BlockCommitFlags(rawValue: 1 << 0)
  /// Remove the files that were committed (`VIR_DOMAIN_BLOCK_COMMIT_DELETE`, 0.10.2).
  public static let delete = BlockCommitFlags(rawValue: 1 << 1)
  /// The active overlay may be committed (`VIR_DOMAIN_BLOCK_COMMIT_ACTIVE`, 1.2.6).
  public static let active = BlockCommitFlags(rawValue: 1 << 2)
  /// Keep backing files named relatively (`VIR_DOMAIN_BLOCK_COMMIT_RELATIVE`, 1.2.7).
  public static let relative = BlockCommitFlags(rawValue: 1 << 3)
  /// In bytes/s rather than MiB/s (`VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES`, 1.2.9).
  public static let bandwidthInBytes = BlockCommitFlags(rawValue: 1 << 4)
}

/// How a disk is copied (`virDomainBlockCopyFlags`).
public struct BlockCopyFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The copy shares the backing chain (`VIR_DOMAIN_BLOCK_COPY_SHALLOW`, 1.2.8).
  public static let shallow = BlockCopyFlags(rawValue: 1 << 0)
  /// The destination is there already (`VIR_DOMAIN_BLOCK_COPY_REUSE_EXT`, 1.2.8).
  public static let reuseExternal = BlockCopyFlags(rawValue: 1 << 1)
  /// The job may be lost when the guest stops (`VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB`, 3.5.0).
  public static let transientJob = BlockCopyFlags(rawValue: 1 << 2)
  /// A write returns when both sides have it (`VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES`, 8.0.0).
  public static let synchronousWrites = BlockCopyFlags(rawValue: 1 << 3)
}
