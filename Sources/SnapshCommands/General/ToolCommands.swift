extension CommandRegistry {
  /// The commands on the tool itself.
  static let toolCommands: DeclaredCommands = [
    "cd": ChangeDirectoryCommand.self,
    "complete": CompleteCommand.self,
    "completion": CompletionCommand.self,
    "echo": EchoCommand.self,
    "exit": ExitCommand.self,
    "help": HelpCommand.self,
    "manual": ManualCommand.self,
    "pwd": PrintWorkingDirectoryCommand.self,
    "quit": QuitCommand.self,
  ]
}
