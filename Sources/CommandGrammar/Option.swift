/// One option of a command, declared once: its grammar and how its value is read.
///
/// Declare options as static constants of a command and read them with ``ParsedArguments/subscript(_:)``:
/// the type of the value follows from the declaration.
public struct Option<Value>: Sendable {
  public let grammar: OptionGrammar
  let read: @Sendable (ParsedArguments) throws -> Value
}

extension Option where Value == Bool {
  /// An option without a value: `--name`.
  public static func flag(_ name: String, letter: Character? = nil, help: String) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: letter, shape: .flag, isRequired: false, isNamedOnly: true, acceptsEmpty: false,
      isPositional: false, help: help, completion: .none)
    return Option(grammar: grammar) { $0.hasFlag(name) }
  }
}

extension Option where Value == String? {
  /// An optional text: `--name VALUE`.
  public static func text(
    _ name: String, letter: Character? = nil, namedOnly: Bool = false, acceptsEmpty: Bool = false,
    completes completion: CompletionSource = .none, help: String
  ) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: letter, shape: .text, isRequired: false, isNamedOnly: namedOnly,
      acceptsEmpty: acceptsEmpty, isPositional: false, help: help, completion: completion)
    return Option(grammar: grammar) { try $0.text(of: grammar) }
  }
}

extension Option where Value == String {
  /// A text the command cannot do without, given by its place or as `--name VALUE`.
  public static func required(
    _ name: String, acceptsEmpty: Bool = false, completes completion: CompletionSource = .none, help: String
  ) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: nil, shape: .text, isRequired: true, isNamedOnly: false, acceptsEmpty: acceptsEmpty,
      isPositional: true, help: help, completion: completion)
    return Option(grammar: grammar) { try $0.text(of: grammar) ?? "" }
  }
}

extension Option where Value == Int? {
  /// An optional decimal number: `--name NUMBER`.
  public static func number(
    _ name: String, letter: Character? = nil, namedOnly: Bool = false,
    completes completion: CompletionSource = .none, help: String
  ) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: letter, shape: .number, isRequired: false, isNamedOnly: namedOnly,
      acceptsEmpty: false, isPositional: false, help: help, completion: completion)
    return Option(grammar: grammar) { try $0.number(of: grammar) }
  }
}

extension Option where Value == [String] {
  /// Any number of texts: `--name VALUE` again and again.
  ///
  /// - Parameters:
  ///   - name: The name behind the two dashes.
  ///   - letter: A letter that stands for the option behind one dash.
  ///   - required: At least one must be given.
  ///   - namedOnly: Words that stand alone are not taken.
  ///   - positional: Written without its name in the synopsis.
  ///   - completion: Where a shell finds the values.
  ///   - help: What stands in the help, in one line.
  /// - Returns: The option.
  public static func repeated(
    _ name: String, letter: Character? = nil, required: Bool = false, namedOnly: Bool = false,
    positional: Bool = true, completes completion: CompletionSource = .none, help: String
  ) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: letter, shape: .repeated, isRequired: required, isNamedOnly: namedOnly,
      acceptsEmpty: true, isPositional: positional && !namedOnly, help: help, completion: completion)
    return Option(grammar: grammar) { $0.values(of: name) }
  }
}

/// An option of any type, as a list of a command's options needs it.
public protocol DeclaredOption: Sendable {
  /// What the option looks like on the command line.
  var grammar: OptionGrammar { get }
}

extension Option: DeclaredOption {}
