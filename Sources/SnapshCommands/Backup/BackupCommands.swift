extension CommandRegistry {
  /// The commands on libvirt's backup jobs.
  static let backupCommands: DeclaredCommands = [
    "backup-begin": BackupBeginCommand.self,
    "backup-dumpxml": BackupDumpXMLCommand.self,
  ]
}
