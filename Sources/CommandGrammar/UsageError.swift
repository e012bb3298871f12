/// A command line that cannot be parsed. Nothing has been run when it is thrown.
///
/// The texts are those of virsh 9.0, so that scripts and eyes find what they know.
public enum UsageError: Error, Equatable, Sendable {
  case unknownCommand(String)
  case missingSubcommand(group: String, known: [String])
  case unknownSubcommand(group: String, name: String, known: [String])
  case unsupportedOption(command: String, option: String)
  case missingOptions(command: String, [OptionGrammar])
  case missingValue(OptionGrammar)
  case unexpectedValue(option: String)
  case repeatedOption(String)
  case unexpectedWord(String)
  case danglingBackslash
  case missingQuote
  case unsupportedGlobalOption(String)
  case missingGlobalValue(option: String)
  case invalidGlobalValue(String)

  /// One line per problem, as it is printed behind `error: `.
  public var lines: [String] {
    switch self {
    case .unknownCommand(let name): ["unknown command: '\(name)'"]
    case .missingSubcommand(let group, let known):
      ["command '\(group)' requires one of: \(known.joined(separator: ", "))"]
    case .unknownSubcommand(let group, let name, let known):
      ["unknown command: '\(group) \(name)'; known are: \(known.joined(separator: ", "))"]
    case .unsupportedOption(let command, let option):
      ["command '\(command)' doesn't support option \(option)"]
    case .missingOptions(let command, let options):
      options.map { option in
        option.isPositional && option.shape != .number
          ? "command '\(command)' requires <\(option.name)> option"
          : "command '\(command)' requires --\(option.name) option"
      }
    case .missingValue(let option): ["expected syntax: --\(option.name) <\(option.valueName)>"]
    case .unexpectedValue(let option): ["invalid '=' after option --\(option)"]
    case .repeatedOption(let name): ["option --\(name) already seen"]
    case .unexpectedWord(let word): ["unexpected data '\(word)'"]
    case .danglingBackslash: ["dangling \\"]
    case .missingQuote: ["missing \""]
    case .unsupportedGlobalOption(let option): ["unsupported option '\(option)'. See --help."]
    case .missingGlobalValue(let option): ["option \(option) requires an argument"]
    case .invalidGlobalValue(let reason): [reason]
    }
  }
}

/// A value that parses as a word but not as what the command needs; found when the command reads it.
public enum ArgumentError: Error, Equatable, Sendable, CustomStringConvertible {
  case emptyValue(option: String)
  case notANumber(option: String, value: String)
  case notAScaledNumber(option: String, value: String, reason: ScaledNumberError)
  case mutuallyExclusive(String, String)
  case requires(option: String, other: String)

  public var description: String {
    switch self {
    case .emptyValue(let option): "Failed to get option '\(option)': Option argument is empty"
    case .notANumber(let option, let value):
      "Numeric value '\(value)' for <\(option)> option is malformed or out of range"
    case .notAScaledNumber(let option, let value, _):
      "Scaled numeric value '\(value)' for <\(option)> option is malformed or out of range"
    case .mutuallyExclusive(let first, let second): "Options \(first) and \(second) are mutually exclusive"
    case .requires(let option, let other): "Option \(other) is required by option \(option)"
    }
  }

  /// One line per sentence, as it is printed behind `error: `.
  public var lines: [String] {
    guard case .notAScaledNumber(_, _, let reason) = self else { return [description] }
    return [description] + [reason.reason].compactMap { $0 }
  }
}
