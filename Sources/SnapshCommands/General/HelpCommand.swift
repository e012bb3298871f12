import CommandGrammar

/// `help [COMMAND|GROUP]`: what there is, or how one command is used.
struct HelpCommand: Command {
  private static let command = Option.text(
    "command",
    help: "Prints global help, command specific help, or help for a group of related commands")

  static let grammar = CommandGrammar(
    name: "help", group: "tool", abstract: "print help",
    discussion: "Prints global help, command specific help, or help for a\ngroup of related commands",
    options: [command],
    examples: [
      ("snapsh help snapshot-create-as", "Say how one command is used."),
      ("snapsh help snapshot", "List the commands on snapshots."),
    ])

  static let endsWithBlankLine = true

  private let topic: String?

  init(_ arguments: ParsedArguments) throws {
    topic = try arguments[Self.command]
  }

  func run(in session: Session) throws -> any CommandResult {
    let table = CommandRegistry.table
    guard let topic else { return HelpResult(help: HelpText.help(for: table)) }
    if let command = table[topic] { return HelpResult(help: HelpText.help(for: command)) }
    if let group = table.groups.first(where: { $0.keyword == topic }) {
      return HelpResult(help: HelpText.help(for: group, in: table))
    }
    let family = table.subcommands(of: topic)
    guard !family.isEmpty else {
      throw CommandFailure("command or command group '\(topic)' doesn't exist")
    }
    return HelpResult(help: family.map(HelpText.help(for:)).joined(separator: "\n"))
  }
}

/// Help as it is printed.
struct HelpResult: CommandResult {
  let help: String

  func render(into text: inout TextOutput) {
    text.print(help)
  }
}
