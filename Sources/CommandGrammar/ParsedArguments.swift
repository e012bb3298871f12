/// The values given to one command, by option.
public struct ParsedArguments: Sendable, Equatable {
  private var given: [String: [String]] = [:]
  /// Every option as it stands on the command line, with its value; that of a flag is empty.
  public private(set) var inOrder: [(option: String, value: String)] = []

  /// No option given.
  public init() {}

  /// The value of an option.
  ///
  /// - Parameter option: An option of the command.
  /// - Throws: ``ArgumentError`` when the value is empty where it must not be, or is not a number.
  public subscript<Value>(_ option: Option<Value>) -> Value {
    get throws { try option.read(self) }
  }

  /// Whether an option stands on the command line, whatever its value.
  ///
  /// - Parameter option: An option of the command.
  /// - Returns: True where it is given.
  public func isGiven(_ option: any DeclaredOption) -> Bool {
    isGiven(option.grammar.name)
  }

  mutating func add(_ value: String, to name: String) {
    given[name, default: []].append(value)
    inOrder.append((name, value))
  }

  /// Whether the same options have the same values, in whatever order.
  public static func == (left: ParsedArguments, right: ParsedArguments) -> Bool { left.given == right.given }

  func isGiven(_ name: String) -> Bool {
    given[name] != nil
  }

  func hasFlag(_ name: String) -> Bool {
    isGiven(name)
  }

  func values(of name: String) -> [String] {
    given[name] ?? []
  }

  func text(of option: OptionGrammar) throws -> String? {
    guard let value = given[option.name]?.last else { return nil }
    guard !value.isEmpty || option.acceptsEmpty else { throw ArgumentError.emptyValue(option: option.name) }
    return value
  }

  func number(of option: OptionGrammar) throws -> Int? {
    guard let value = given[option.name]?.last else { return nil }
    guard let number = Int(value) else {
      throw ArgumentError.notANumber(option: option.name, value: value)
    }
    return number
  }
}
