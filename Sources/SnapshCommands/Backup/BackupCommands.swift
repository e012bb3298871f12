extension CommandRegistry {
  /// The commands on libvirt's backup jobs.
  static let backupCommands: [any Command.Type] = [BackupBeginCommand.self, BackupDumpXMLCommand.self]
}
