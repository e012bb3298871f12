extension CommandRegistry {
  /// The commands on the tool itself.
  static let toolCommands: [any Command.Type] = [
    HelpCommand.self, QuitCommand.self, ExitCommand.self, CompletionCommand.self, CompleteCommand.self,
    ManualCommand.self,
  ]
}
