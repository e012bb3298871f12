extension CommandRegistry {
  /// The commands between guests and archives.
  static let guestArchiveCommands: [any Command.Type] = [
    BackupCommand.self,
    ColdSnapshotCommand.self,
  ]
}
