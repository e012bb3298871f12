extension CommandRegistry {
  /// The commands on the tool itself.
  static let toolCommands: [any Command.Type] = [
    ChangeDirectoryCommand.self, CompleteCommand.self, CompletionCommand.self, EchoCommand.self,
    ExitCommand.self, HelpCommand.self, ManualCommand.self, PrintWorkingDirectoryCommand.self,
    QuitCommand.self,
  ]
}
