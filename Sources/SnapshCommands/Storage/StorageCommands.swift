extension CommandRegistry {
  /// The commands on storage pools and volumes, as far as snapshots need them.
  static let storageCommands: DeclaredCommands = [
    "pool-list": PoolListCommand.self,
    "vol-list": VolumeListCommand.self,
  ]
}
