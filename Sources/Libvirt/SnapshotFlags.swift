/// How a snapshot is taken (`virDomainSnapshotCreateFlags`).
public struct SnapshotCreateFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Only restore or change metadata (`VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE`, 0.9.5).
  public static let redefine = SnapshotCreateFlags(rawValue: 1 << 0)
  /// Make the redefined snapshot the current one (`VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT`, 0.9.5).
  public static let current = SnapshotCreateFlags(rawValue: 1 << 1)
  /// Do not remember the snapshot (`VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA`, 0.9.5).
  public static let noMetadata = SnapshotCreateFlags(rawValue: 1 << 2)
  /// Stop the guest afterwards (`VIR_DOMAIN_SNAPSHOT_CREATE_HALT`, 0.9.5).
  public static let halt = SnapshotCreateFlags(rawValue: 1 << 3)
  /// The disks without the memory (`VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY`, 0.9.5).
  public static let diskOnly = SnapshotCreateFlags(rawValue: 1 << 4)
  /// Use files that are there already (`VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT`, 0.9.10).
  public static let reuseExternal = SnapshotCreateFlags(rawValue: 1 << 5)
  /// Freeze the guest's file systems through its agent (`VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE`, 0.9.10).
  public static let quiesce = SnapshotCreateFlags(rawValue: 1 << 6)
  /// All disks or none (`VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC`, 0.9.11).
  public static let atomic = SnapshotCreateFlags(rawValue: 1 << 7)
  /// Leave the guest running meanwhile (`VIR_DOMAIN_SNAPSHOT_CREATE_LIVE`, 1.0.1).
  public static let live = SnapshotCreateFlags(rawValue: 1 << 8)
  /// Check the document against libvirt's schema (`VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE`, 5.6.0).
  public static let validate = SnapshotCreateFlags(rawValue: 1 << 9)
}

/// Which snapshots a list is to hold, and in what order (`virDomainSnapshotListFlags`).
public struct SnapshotListFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Of a domain: those without parent (`VIR_DOMAIN_SNAPSHOT_LIST_ROOTS`, 0.9.5).
  public static let roots = SnapshotListFlags(rawValue: 1 << 0)
  /// Of a snapshot: all below it, not its children alone (`VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS`, 0.9.7).
  public static let descendants = SnapshotListFlags(rawValue: 1 << 0)
  /// With metadata in libvirt (`VIR_DOMAIN_SNAPSHOT_LIST_METADATA`, 0.9.5).
  public static let metadata = SnapshotListFlags(rawValue: 1 << 1)
  /// Without children (`VIR_DOMAIN_SNAPSHOT_LIST_LEAVES`, 0.9.7).
  public static let leaves = SnapshotListFlags(rawValue: 1 << 2)
  /// With children (`VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES`, 0.9.13).
  public static let noLeaves = SnapshotListFlags(rawValue: 1 << 3)
  /// Without metadata in libvirt (`VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA`, 0.9.13).
  public static let noMetadata = SnapshotListFlags(rawValue: 1 << 4)
  /// Taken of a shut-off guest (`VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE`, 1.0.1).
  public static let inactive = SnapshotListFlags(rawValue: 1 << 5)
  /// Taken of a running guest, memory included (`VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE`, 1.0.1).
  public static let active = SnapshotListFlags(rawValue: 1 << 6)
  /// Taken of a running guest, disks alone (`VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY`, 1.0.1).
  public static let diskOnly = SnapshotListFlags(rawValue: 1 << 7)
  /// Kept inside the disk images (`VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL`, 1.0.1).
  public static let `internal` = SnapshotListFlags(rawValue: 1 << 8)
  /// Using files of their own (`VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL`, 1.0.1).
  public static let external = SnapshotListFlags(rawValue: 1 << 9)
  /// Parents before their children (`VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL`, 5.2.0).
  public static let topological = SnapshotListFlags(rawValue: 1 << 10)
}

/// What a `<domainsnapshot>` document is to contain (`virDomainSnapshotXMLFlags`).
public struct SnapshotXMLFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Passwords too; needs a read-write connection (`VIR_DOMAIN_SNAPSHOT_XML_SECURE`, 5.1.0).
  public static let secure = SnapshotXMLFlags(rawValue: 1 << 0)
}

/// What a deletion covers (`virDomainSnapshotDeleteFlags`).
public struct SnapshotDeleteFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The snapshot and all below it (`VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN`, 0.8.0).
  public static let children = SnapshotDeleteFlags(rawValue: 1 << 0)
  /// Only libvirt's metadata (`VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY`, 0.9.5).
  public static let metadataOnly = SnapshotDeleteFlags(rawValue: 1 << 1)
  /// All below the snapshot, not itself (`VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY`, 0.9.5).
  public static let childrenOnly = SnapshotDeleteFlags(rawValue: 1 << 2)
}

/// How a domain goes back to a snapshot (`virDomainSnapshotRevertFlags`).
public struct SnapshotRevertFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Running afterwards (`VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING`, 0.9.5).
  public static let running = SnapshotRevertFlags(rawValue: 1 << 0)
  /// Paused afterwards (`VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED`, 0.9.5).
  public static let paused = SnapshotRevertFlags(rawValue: 1 << 1)
  /// Although libvirt calls it risky (`VIR_DOMAIN_SNAPSHOT_REVERT_FORCE`, 0.9.7).
  public static let force = SnapshotRevertFlags(rawValue: 1 << 2)
  /// With a fresh NVRAM (`VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM`, 8.1.0).
  public static let resetNVRAM = SnapshotRevertFlags(rawValue: 1 << 3)
}
