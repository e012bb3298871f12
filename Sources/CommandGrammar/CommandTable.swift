/// A group of commands, as `help` lists them.
public struct CommandGroup: Sendable {
  /// The word behind `help`.
  public let keyword: String
  public let title: String

  /// - Parameters:
  ///   - keyword: The word behind `help`.
  ///   - title: The group's heading.
  public init(keyword: String, title: String) {
    self.keyword = keyword
    self.title = title
  }
}

/// All commands of the tool: finds the command that words name, and parses the words behind it.
public struct CommandTable: Sendable {
  public let groups: [CommandGroup]
  private let names: [String]
  private let grammar: @Sendable (String) -> CommandGrammar?

  /// - Parameters:
  ///   - groups: The groups in the order of the help.
  ///   - names: The names of all commands, in the order of the help within their group.
  ///   - grammar: Makes or finds the grammar of the command of that name; called as late as possible.
  public init(
    groups: [CommandGroup], names: [String], grammar: @escaping @Sendable (String) -> CommandGrammar?
  ) {
    self.groups = groups
    self.names = names
    self.grammar = grammar
  }

  /// - Parameters:
  ///   - groups: The groups in the order of the help.
  ///   - commands: All commands, in the order of the help within their group.
  public init(groups: [CommandGroup], commands: [CommandGrammar]) {
    self.init(groups: groups, names: commands.map(\.name)) { name in commands.first { $0.name == name } }
  }

  /// All commands, in the order of the help within their group.
  public var commands: [CommandGrammar] { names.compactMap(grammar) }

  /// Finds and parses one command.
  ///
  /// - Parameter words: The command's name, then its arguments; not empty.
  /// - Throws: ``UsageError``.
  /// - Returns: The command with its arguments.
  public func parse(_ words: [String]) throws -> CommandInvocation {
    let (grammar, arguments) = try command(in: words)
    var parser = CommandParser(grammar, words: arguments)
    return CommandInvocation(grammar, try parser.parse())
  }

  /// The command of the given name, of one word or two.
  public subscript(name: String) -> CommandGrammar? {
    names.contains(name) ? grammar(name) : nil
  }

  /// The second words of a family of commands (`create`, `list` … of `vma`), in the order of declaration.
  public func subcommands(of family: String) -> [CommandGrammar] {
    names.filter { $0.hasPrefix(family + " ") }.compactMap(grammar)
  }

  private func command(in words: [String]) throws -> (CommandGrammar, ArraySlice<String>) {
    let first = words.first ?? ""
    if let command = self[first] { return (command, words.dropFirst()) }
    let family = subcommands(of: first)
    guard !family.isEmpty else { throw UsageError.unknownCommand(first) }
    let known = family.map { String($0.name.dropFirst(first.count + 1)) }
    guard words.count > 1 else { throw UsageError.missingSubcommand(group: first, known: known) }
    guard let command = self["\(first) \(words[1])"] else {
      throw UsageError.unknownSubcommand(group: first, name: words[1], known: known)
    }
    return (command, words.dropFirst(2))
  }
}
