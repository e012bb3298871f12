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

  static let commands: [(name: String, type: any Command.Type)] = [
    domainCommands, hostCommands, blockCommands, jobCommands, fileSystemCommands, snapshotCommands,
    checkpointCommands, backupCommands, storageCommands, xmlCommands, archiveCommands, guestArchiveCommands,
    saveImageCommands, doctorCommands, toolCommands,
  ].flatMap { $0.map { (name: $0.key, type: $0.value) } }

  /// The grammar of all commands; each is made when it is first asked for.
  public static let table = CommandTable(groups: groups, names: commands.map(\.name)) { name in
    byName[name]?.grammar
  }

  private static let byName = Dictionary(
    commands.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })

  static func command(for invocation: CommandInvocation) -> (any Command.Type)? {
    byName[invocation.grammar.name]
  }
}

/// The commands of a group by their names, so that a command is found without the grammars of all the others:
/// a process that runs one command makes one.
typealias DeclaredCommands = KeyValuePairs<String, any Command.Type>
