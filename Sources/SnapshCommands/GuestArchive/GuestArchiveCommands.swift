extension CommandRegistry {
  /// The commands between guests and archives.
  static let guestArchiveCommands: DeclaredCommands = [
    "backup": BackupCommand.self,
    "cold-snapshot": ColdSnapshotCommand.self,
  ]
}
