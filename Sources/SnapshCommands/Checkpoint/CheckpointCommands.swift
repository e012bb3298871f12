extension CommandRegistry {
  /// The commands on checkpoints.
  static let checkpointCommands: DeclaredCommands = [
    "checkpoint-create": CheckpointCreateCommand.self,
    "checkpoint-create-as": CheckpointCreateAsCommand.self,
    "checkpoint-delete": CheckpointDeleteCommand.self,
    "checkpoint-dumpxml": CheckpointDumpXMLCommand.self,
    "checkpoint-edit": CheckpointEditCommand.self,
    "checkpoint-info": CheckpointInfoCommand.self,
    "checkpoint-list": CheckpointListCommand.self,
    "checkpoint-parent": CheckpointParentCommand.self,
  ]
}
