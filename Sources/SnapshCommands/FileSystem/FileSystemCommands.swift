extension CommandRegistry {
  /// The commands on the file systems inside a guest.
  static let fileSystemCommands: DeclaredCommands = [
    "domfsfreeze": FileSystemFreezeCommand.self,
    "domfsinfo": FileSystemInfoCommand.self,
    "domfsthaw": FileSystemThawCommand.self,
  ]
}
