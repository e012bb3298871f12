extension CommandRegistry {
  /// The commands on a domain's disks and the jobs on them.
  static let blockCommands: [any Command.Type] = [
    BlockCommitCommand.self,
    BlockCopyCommand.self,
    BlockJobCommand.self,
    BlockPullCommand.self,
    BlockResizeCommand.self,
    DomainBlockErrorCommand.self,
    DomainBlockInfoCommand.self,
    DomainBlockStatisticsCommand.self,
  ]
}
