extension CommandRegistry {
  /// The commands on snapshot XML that need no hypervisor.
  static let xmlCommands: [any Command.Type] = []
}
