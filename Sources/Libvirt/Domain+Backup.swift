import CLibvirt

/// Backups of a running domain's disks, which libvirt makes or lets a client fetch.
extension Domain {
  /// Starts a backup as a `<domainbackup>` document asks, with a checkpoint of the same instant where one is described.
  ///
  /// The C function is `virDomainBackupBegin` (6.0.0).
  public func beginBackup(
    xml: String, checkpointXML: String? = nil, _ flags: BackupFlags = []
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBackupBegin(handle, xml, checkpointXML, flags.rawValue))
    }
  }

  /// The backup that is being made, as a `<domainbackup>` document (`virDomainBackupGetXMLDesc`, 6.0.0).
  ///
  /// - Throws: ``LibvirtError``, with ``LibvirtError/Code/noDomainBackup`` when none is.
  public func backupXML() throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in try takeString(virDomainBackupGetXMLDesc(handle, 0)) }
  }
}

/// How a backup is made (`virDomainBackupBeginFlags`).
public struct BackupFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Use files that are there already (`VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL`, 6.0.0).
  public static let reuseExternal = BackupFlags(rawValue: 1 << 0)
}
