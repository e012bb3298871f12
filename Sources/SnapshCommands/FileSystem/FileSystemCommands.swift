extension CommandRegistry {
  /// The commands on the file systems inside a guest.
  static let fileSystemCommands: [any Command.Type] = [
    FileSystemFreezeCommand.self, FileSystemInfoCommand.self, FileSystemThawCommand.self,
  ]
}
