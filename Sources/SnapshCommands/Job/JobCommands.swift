extension CommandRegistry {
  /// The commands on the job that holds a domain.
  static let jobCommands: [any Command.Type] = [DomainJobAbortCommand.self, DomainJobInfoCommand.self]
}
