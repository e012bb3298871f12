extension CommandRegistry {
  /// The commands on VMA archives.
  static let archiveCommands: [any Command.Type] = [
    VMACreateCommand.self,
    VMAListCommand.self,
    VMAConfigCommand.self,
    VMAExtractCommand.self,
    VMAVerifyCommand.self,
    VMAWriterCommand.self,
    ArchiveListCommand.self,
  ]
}
