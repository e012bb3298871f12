extension CommandRegistry {
  /// The commands on storage pools and volumes, as far as snapshots need them.
  static let storageCommands: [any Command.Type] = [
    PoolListCommand.self,
    VolumeListCommand.self,
  ]
}
