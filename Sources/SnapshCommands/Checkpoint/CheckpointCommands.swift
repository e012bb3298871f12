extension CommandRegistry {
  /// The commands on checkpoints.
  static let checkpointCommands: [any Command.Type] = [
    CheckpointCreateCommand.self,
    CheckpointCreateAsCommand.self,
    CheckpointDeleteCommand.self,
    CheckpointDumpXMLCommand.self,
    CheckpointEditCommand.self,
    CheckpointInfoCommand.self,
    CheckpointListCommand.self,
    CheckpointParentCommand.self,
  ]
}
