extension CommandRegistry {
  /// The commands on the job that holds a domain.
  static let jobCommands: DeclaredCommands = [
    "domjobabort": DomainJobAbortCommand.self,
    "domjobinfo": DomainJobInfoCommand.self,
  ]
}
