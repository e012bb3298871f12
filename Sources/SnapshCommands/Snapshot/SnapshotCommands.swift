extension CommandRegistry {
  /// The commands on snapshots, and on the images they are made of.
  static let snapshotCommands: [any Command.Type] = [
    ChainCommand.self,
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
