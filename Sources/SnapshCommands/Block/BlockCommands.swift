extension CommandRegistry {
  /// The commands on a domain's disks and the jobs on them.
  static let blockCommands: DeclaredCommands = [
    "blockcommit": BlockCommitCommand.self,
    "blockcopy": BlockCopyCommand.self,
    "blockjob": BlockJobCommand.self,
    "blockpull": BlockPullCommand.self,
    "blockresize": BlockResizeCommand.self,
    "domblkerror": DomainBlockErrorCommand.self,
    "domblkinfo": DomainBlockInfoCommand.self,
    "domblkstat": DomainBlockStatisticsCommand.self,
  ]
}
