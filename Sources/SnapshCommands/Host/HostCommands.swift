extension CommandRegistry {
  /// The commands on the host and the connection to it.
  static let hostCommands: DeclaredCommands = [
    "capabilities": CapabilitiesCommand.self,
    "connect": ConnectCommand.self,
    "event": EventCommand.self,
    "hostname": HostnameCommand.self,
    "uri": URICommand.self,
    "version": VersionCommand.self,
  ]
}
