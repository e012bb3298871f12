import CommandGrammar

/// Every command of the tool, by group.
public enum CommandRegistry {
  static let groups = [
    CommandGroup(keyword: "domain", title: "Domain Management"),
    CommandGroup(keyword: "snapshot", title: "Snapshot"),
    CommandGroup(keyword: "checkpoint", title: "Checkpoint"),
    CommandGroup(keyword: "backup", title: "Backup"),
    CommandGroup(keyword: "pool", title: "Storage Pool"),
    CommandGroup(keyword: "volume", title: "Storage Volume"),
    CommandGroup(keyword: "host", title: "Host and Hypervisor"),
    CommandGroup(keyword: "xml", title: "Snapshot XML"),
    CommandGroup(keyword: "archive", title: "VMA archives"),
    CommandGroup(keyword: "save-image", title: "Save images"),
    CommandGroup(keyword: "tool", title: "snapsh itself"),
  ]

  static let commands =
    domainCommands + hostCommands + blockCommands + jobCommands + fileSystemCommands + snapshotCommands
    + checkpointCommands
    + backupCommands + storageCommands + xmlCommands + archiveCommands + guestArchiveCommands
    + saveImageCommands
    + doctorCommands + toolCommands

  /// The grammar of all commands.
  public static let table = CommandTable(groups: groups, commands: commands.map { $0.grammar })

  private static let byName = Dictionary(
    commands.map { ($0.grammar.name, $0) }, uniquingKeysWith: { first, _ in first })

  static func command(for invocation: CommandInvocation) -> (any Command.Type)? {
    byName[invocation.grammar.name]
  }
}
