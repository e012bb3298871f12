/// The help of commands and groups, laid out as virsh lays it out.
public enum HelpText {
  /// NAME, SYNOPSIS, DESCRIPTION, OPTIONS, EXIT STATUS and EXAMPLES of a command.
  ///
  /// - Parameter command: The command's grammar.
  /// - Returns: Lines, each ended by a newline.
  public static func help(for command: CommandGrammar) -> String {
    var text = "  NAME\n    \(command.name) - \(command.abstract)\n"
    text += "\n  SYNOPSIS\n    \(synopsis(of: command))\n"
    text += "\n  DESCRIPTION\n"
    for line in command.discussion.split(separator: "\n", omittingEmptySubsequences: false) {
      text += line.isEmpty ? "\n" : "    \(line)\n"
    }
    if !command.options.isEmpty {
      text += "\n  OPTIONS\n"
      for option in command.options { text += "    \(padded(form(of: option), to: 15))  \(option.help)\n" }
    }
    text += "\n  EXIT STATUS\n"
    for (status, meaning) in command.allExitStatuses {
      text += "    \(padded(String(status), to: 15))  \(meaning)\n"
    }
    if !command.examples.isEmpty {
      text += "\n  EXAMPLES\n"
      for example in command.examples { text += "    \(example.line)\n        \(example.purpose)\n" }
    }
    return text + "\n"
  }

  /// A group's heading and its commands, a line each.
  ///
  /// - Parameters:
  ///   - group: The group.
  ///   - table: The table that holds its commands.
  ///   - suffix: What stands behind the heading; the full list has a colon there.
  /// - Returns: Lines, each ended by a newline.
  public static func help(for group: CommandGroup, in table: CommandTable, suffix: String = ":") -> String {
    var text = " \(group.title) (help keyword '\(group.keyword)')\(suffix)\n"
    for command in table.commands where command.group == group.keyword {
      text += "    \(padded(command.name, to: 30)) \(command.abstract)\n"
    }
    return text + "\n"
  }

  /// Every group with its commands.
  ///
  /// - Parameter table: All commands.
  /// - Returns: Lines, each ended by a newline.
  public static func help(for table: CommandTable) -> String {
    "Grouped commands:\n\n" + table.groups.map { help(for: $0, in: table) }.joined()
  }

  /// A command's one-line synopsis.
  ///
  /// - Parameter command: The command's grammar.
  /// - Returns: One line without its newline.
  public static func synopsis(of command: CommandGrammar) -> String {
    ([command.name] + command.options.map(synopsis(of:))).joined(separator: " ")
  }

  private static func synopsis(of option: OptionGrammar) -> String {
    switch (option.shape, option.isRequired) {
    case (.flag, _): return "[\(dashed(option))]"
    case (.repeated, true) where option.isPositional: return "<\(option.name)>..."
    case (.repeated, true): return "\(dashed(option)) <string>..."
    case (.repeated, false) where option.isPositional: return "[[--\(option.name)] <string>]..."
    case (.repeated, false): return "[\(dashed(option)) <string>]..."
    case (_, true) where option.isPositional: return "<\(option.name)>"
    case (_, true): return "\(dashed(option)) <\(option.valueName)>"
    case (_, false): return "[\(dashed(option)) <\(option.valueName)>]"
    }
  }

  static func form(of option: OptionGrammar) -> String {
    guard option.takesValue else { return dashed(option) }
    let name = option.isPositional ? "[--\(option.name)]" : dashed(option)
    return "\(name) <\(option.valueName)>"
  }

  private static func dashed(_ option: OptionGrammar) -> String {
    option.letter.map { "-\($0)|--\(option.name)" } ?? "--\(option.name)"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
