extension CommandRegistry {
  /// The commands on domains, managed save included.
  static let domainCommands: [any Command.Type] = []
}
