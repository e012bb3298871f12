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

extension Option where Value == ScaledNumber? {
  /// An optional number with a unit: `--name 10M`.
  ///
  /// - Parameters:
  ///   - name: The name behind the two dashes.
  ///   - namedOnly: No word without a name fills it.
  ///   - wrapping: A negative number is taken for its 64 bits, as libvirt's own tools take some.
  ///   - help: What stands in the help, in one line.
  /// - Returns: The option.
  public static func scaled(
    _ name: String, namedOnly: Bool = false, wrapping: Bool = false, help: String
  ) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: nil, shape: .number, isRequired: false, isNamedOnly: namedOnly, acceptsEmpty: true,
      isPositional: false, help: help, completion: .none)
    return Option(grammar: grammar) { arguments in
      guard let text = try arguments.text(of: grammar) else { return nil }
      if wrapping, let negative = Int64(text), negative < 0 {
        return ScaledNumber(number: UInt64(bitPattern: negative))
      }
      return try ScaledNumber(text, of: "--\(name)")
    }
  }
}

extension Option where Value == ScaledNumber {
  /// A number with a unit that the command cannot do without.
  public static func requiredScaled(_ name: String, help: String) -> Option {
    let grammar = OptionGrammar(
      name: name, letter: nil, shape: .number, isRequired: true, isNamedOnly: false, acceptsEmpty: true,
      isPositional: true, help: help, completion: .none)
    return Option(grammar: grammar) { try ScaledNumber($0.text(of: grammar) ?? "", of: name) }
  }
}

extension ScaledNumber {
  fileprivate init(number: UInt64) {
    self.number = number
    unit = nil
  }

  fileprivate init(_ text: String, of label: String) throws {
    do {
      try self.init(text)
    } catch {
      throw ArgumentError.notAScaledNumber(option: label, value: text, reason: error)
    }
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
