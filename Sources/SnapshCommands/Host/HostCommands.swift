extension CommandRegistry {
  /// The commands on the host and the connection to it.
  static let hostCommands: [any Command.Type] = [
    CapabilitiesCommand.self,
    ConnectCommand.self,
    EventCommand.self,
    HostnameCommand.self,
    URICommand.self,
    VersionCommand.self,
  ]
}
