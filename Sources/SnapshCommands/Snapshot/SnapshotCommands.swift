extension CommandRegistry {
  /// The commands on snapshots.
  static let snapshotCommands: [any Command.Type] = [
    SnapshotCreateCommand.self,
    SnapshotCreateAsCommand.self,
    SnapshotCurrentCommand.self,
    SnapshotDeleteCommand.self,
    SnapshotDumpXMLCommand.self,
    SnapshotEditCommand.self,
    SnapshotInfoCommand.self,
    SnapshotListCommand.self,
    SnapshotParentCommand.self,
    SnapshotRevertCommand.self,
  ]
}
