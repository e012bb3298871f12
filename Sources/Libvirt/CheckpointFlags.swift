/// How a checkpoint is made (`virDomainCheckpointCreateFlags`).
public struct CheckpointCreateFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Only restore or change metadata (`VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE`, 5.6.0).
  public static let redefine = CheckpointCreateFlags(rawValue: 1 << 0)
  /// Freeze the guest's file systems through its agent (`VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE`, 5.6.0).
  public static let quiesce = CheckpointCreateFlags(rawValue: 1 << 1)
  /// Check the disks' bitmaps when redefining (`VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE`, 6.10.0).
  public static let redefineValidate = CheckpointCreateFlags(rawValue: 1 << 2)
}

/// Which checkpoints a list is to hold, and in what order (`virDomainCheckpointListFlags`).
public struct CheckpointListFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Of a domain: those without parent (`VIR_DOMAIN_CHECKPOINT_LIST_ROOTS`, 5.6.0).
  public static let roots = CheckpointListFlags(rawValue: 1 << 0)
  /// Of a checkpoint: all below it, not its children alone (`VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS`, 5.6.0).
  public static let descendants = CheckpointListFlags(rawValue: 1 << 0)
  /// Parents before their children (`VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL`, 5.6.0).
  public static let topological = CheckpointListFlags(rawValue: 1 << 1)
  /// Without children (`VIR_DOMAIN_CHECKPOINT_LIST_LEAVES`, 5.6.0).
  public static let leaves = CheckpointListFlags(rawValue: 1 << 2)
  /// With children (`VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES`, 5.6.0).
  public static let noLeaves = CheckpointListFlags(rawValue: 1 << 3)
}

/// What a `<domaincheckpoint>` document is to contain (`virDomainCheckpointXMLFlags`).
public struct CheckpointXMLFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Passwords too; needs a read-write connection (`VIR_DOMAIN_CHECKPOINT_XML_SECURE`, 5.6.0).
  public static let secure = CheckpointXMLFlags(rawValue: 1 << 0)
  /// No `<domain>` (`VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN`, 5.6.0).
  public static let noDomain = CheckpointXMLFlags(rawValue: 1 << 1)
  /// How much an incremental backup would copy, for each disk (`VIR_DOMAIN_CHECKPOINT_XML_SIZE`, 5.6.0).
  public static let size = CheckpointXMLFlags(rawValue: 1 << 2)
}

/// What a deletion covers (`virDomainCheckpointDeleteFlags`).
public struct CheckpointDeleteFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The checkpoint and all below it (`VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN`, 5.6.0).
  public static let children = CheckpointDeleteFlags(rawValue: 1 << 0)
  /// Only libvirt's metadata (`VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY`, 5.6.0).
  public static let metadataOnly = CheckpointDeleteFlags(rawValue: 1 << 1)
  /// All below the checkpoint, not itself (`VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY`, 5.6.0).
  public static let childrenOnly = CheckpointDeleteFlags(rawValue: 1 << 2)
}
