extension CommandRegistry {
  /// The commands on domains, managed save included.
  static let domainCommands: [any Command.Type] = [
    DefineCommand.self,
    DestroyCommand.self,
    DomainBlockListCommand.self,
    DomainStateCommand.self,
    DumpXMLCommand.self,
    ListCommand.self,
    ManagedSaveCommand.self,
    ManagedSaveRemoveCommand.self,
    StartCommand.self,
    UndefineCommand.self,
  ]
}
