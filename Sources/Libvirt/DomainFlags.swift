/// What a `<domain>` document is to contain (`virDomainXMLFlags`).
public struct DomainXMLFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Passwords too; needs a read-write connection (`VIR_DOMAIN_XML_SECURE`, 0.3.3).
  public static let secure = DomainXMLFlags(rawValue: 1 << 0)
  /// The persistent configuration, also of a running domain (`VIR_DOMAIN_XML_INACTIVE`, 0.3.3).
  public static let inactive = DomainXMLFlags(rawValue: 1 << 1)
  /// The guest's CPU as this host would give it (`VIR_DOMAIN_XML_UPDATE_CPU`, 0.8.0).
  public static let updateCPU = DomainXMLFlags(rawValue: 1 << 2)
  /// Fit to be sent to an older libvirt (`VIR_DOMAIN_XML_MIGRATABLE`, 1.0.0).
  public static let migratable = DomainXMLFlags(rawValue: 1 << 3)
}

/// How a domain is defined (`virDomainDefineFlags`).
public struct DomainDefineFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Check the document against libvirt's schema (`VIR_DOMAIN_DEFINE_VALIDATE`, 1.2.12).
  public static let validate = DomainDefineFlags(rawValue: 1 << 0)
}

/// What goes along when a domain is undefined (`virDomainUndefineFlagsValues`).
public struct DomainUndefineFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Its managed save image (`VIR_DOMAIN_UNDEFINE_MANAGED_SAVE`, 0.9.4).
  public static let managedSave = DomainUndefineFlags(rawValue: 1 << 0)
  /// The metadata of its snapshots (`VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA`, 0.9.5).
  public static let snapshotsMetadata = DomainUndefineFlags(rawValue: 1 << 1)
  /// Its NVRAM file (`VIR_DOMAIN_UNDEFINE_NVRAM`, 1.2.9).
  public static let nvram = DomainUndefineFlags(rawValue: 1 << 2)
  /// All but its NVRAM file (`VIR_DOMAIN_UNDEFINE_KEEP_NVRAM`, 2.3.0).
  public static let keepNVRAM = DomainUndefineFlags(rawValue: 1 << 3)
  /// The metadata of its checkpoints (`VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA`, 5.6.0).
  public static let checkpointsMetadata = DomainUndefineFlags(rawValue: 1 << 4)
  /// The state of its TPM (`VIR_DOMAIN_UNDEFINE_TPM`, 8.9.0).
  public static let tpm = DomainUndefineFlags(rawValue: 1 << 5)
  /// All but the state of its TPM (`VIR_DOMAIN_UNDEFINE_KEEP_TPM`, 8.9.0).
  public static let keepTPM = DomainUndefineFlags(rawValue: 1 << 6)
}

/// How a domain is started (`virDomainCreateFlags`).
public struct DomainStartFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// With its processors standing still (`VIR_DOMAIN_START_PAUSED`, 0.8.2).
  public static let paused = DomainStartFlags(rawValue: 1 << 0)
  /// Only for as long as this connection is open (`VIR_DOMAIN_START_AUTODESTROY`, 0.9.3).
  public static let autodestroy = DomainStartFlags(rawValue: 1 << 1)
  /// Read a managed save past the page cache (`VIR_DOMAIN_START_BYPASS_CACHE`, 0.9.4).
  public static let bypassCache = DomainStartFlags(rawValue: 1 << 2)
  /// Throw a managed save away (`VIR_DOMAIN_START_FORCE_BOOT`, 0.9.5).
  public static let forceBoot = DomainStartFlags(rawValue: 1 << 3)
  /// Check the document against libvirt's schema (`VIR_DOMAIN_START_VALIDATE`, 1.2.12).
  public static let validate = DomainStartFlags(rawValue: 1 << 4)
  /// With a fresh NVRAM (`VIR_DOMAIN_START_RESET_NVRAM`, 8.1.0).
  public static let resetNVRAM = DomainStartFlags(rawValue: 1 << 5)
}

/// How a domain is stopped (`virDomainDestroyFlagsValues`).
public struct DomainDestroyFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Fail rather than kill a process that does not end by itself (`VIR_DOMAIN_DESTROY_GRACEFUL`, 0.9.10).
  public static let graceful = DomainDestroyFlags(rawValue: 1 << 0)
  /// Remove its logs too (`VIR_DOMAIN_DESTROY_REMOVE_LOGS`, 8.3.0).
  public static let removeLogs = DomainDestroyFlags(rawValue: 1 << 1)
}

/// How a domain is saved or restored (`virDomainSaveRestoreFlags`).
public struct DomainSaveFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Write past the page cache (`VIR_DOMAIN_SAVE_BYPASS_CACHE`, 0.9.4).
  public static let bypassCache = DomainSaveFlags(rawValue: 1 << 0)
  /// Its next start leaves it running (`VIR_DOMAIN_SAVE_RUNNING`, 0.9.5).
  public static let running = DomainSaveFlags(rawValue: 1 << 1)
  /// Its next start leaves it paused (`VIR_DOMAIN_SAVE_PAUSED`, 0.9.5).
  public static let paused = DomainSaveFlags(rawValue: 1 << 2)
  /// When restored: with a fresh NVRAM (`VIR_DOMAIN_SAVE_RESET_NVRAM`, 8.1.0).
  public static let resetNVRAM = DomainSaveFlags(rawValue: 1 << 3)
}
