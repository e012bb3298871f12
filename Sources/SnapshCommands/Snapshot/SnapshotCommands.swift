extension CommandRegistry {
  /// The commands on snapshots, and on the images they are made of.
  static let snapshotCommands: DeclaredCommands = [
    "chain": ChainCommand.self,
    "snapshot-create": SnapshotCreateCommand.self,
    "snapshot-create-as": SnapshotCreateAsCommand.self,
    "snapshot-current": SnapshotCurrentCommand.self,
    "snapshot-delete": SnapshotDeleteCommand.self,
    "snapshot-dumpxml": SnapshotDumpXMLCommand.self,
    "snapshot-edit": SnapshotEditCommand.self,
    "snapshot-info": SnapshotInfoCommand.self,
    "snapshot-list": SnapshotListCommand.self,
    "snapshot-parent": SnapshotParentCommand.self,
    "snapshot-revert": SnapshotRevertCommand.self,
  ]
}
