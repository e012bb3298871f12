extension CommandRegistry {
  /// The commands on snapshots.
  static let snapshotCommands: [any Command.Type] = []
}
