extension CommandRegistry {
  /// The commands on the tool itself.
  static let toolCommands: [any Command.Type] = [
    HelpCommand.self
  ]
}
