extension CommandRegistry {
  /// The commands on VMA archives.
  static let archiveCommands: [any Command.Type] = []
}
