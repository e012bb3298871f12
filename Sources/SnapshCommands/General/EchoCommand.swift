import CommandGrammar

/// `echo [TEXT]…`: prints its words, quoted for a shell or for XML where asked.
struct EchoCommand: Command {
  private static let shell = Option.flag("shell", help: "escape for shell use")
  private static let xml = Option.flag("xml", help: "escape for XML use")
  private static let split = Option.flag(
    "split", help: "split each argument on ','; ',,' is an escape sequence")
  private static let error = Option.flag("err", help: "output to stderr")
  private static let words = Option.repeated("string", help: "arguments to echo")

  static let grammar = CommandGrammar(
    name: "echo", group: "tool", abstract: "echo arguments. Used for internal testing.",
    discussion: "Echo back arguments, possibly with quoting. Used for internal testing.",
    options: [shell, xml, split, error, words],
    examples: [("snapsh echo --shell 'a name'", "Print a word as a shell wants it.")])

  static let endsWithBlankLine = true

  private let quotes: Bool
  private let escapes: Bool
  private let splits: Bool
  private let isError: Bool
  private let words: [String]

  init(_ arguments: ParsedArguments) throws {
    quotes = try arguments[Self.shell]
    escapes = try arguments[Self.xml]
    splits = try arguments[Self.split]
    isError = try arguments[Self.error]
    words = try arguments[Self.words]
    if quotes && escapes { throw ArgumentError.mutuallyExclusive("--shell", "--xml") }
    if quotes && splits { throw ArgumentError.mutuallyExclusive("--shell", "--split") }
    if escapes && splits { throw ArgumentError.mutuallyExclusive("--xml", "--split") }
  }

  func run(in session: Session) throws -> any CommandResult {
    let text = words.map(form).joined(separator: " ")
    if isError {
      if !words.isEmpty { session.console.printError("error: \(text)\n") }
      return EchoResult(text: "")
    }
    return EchoResult(text: text)
  }

  private func form(_ word: String) -> String {
    var word = word
    if escapes { word = Self.escaped(word) }
    if quotes { word = Self.quoted(word) }
    if splits { word = Self.lines(of: word) }
    return word
  }

  private static func escaped(_ word: String) -> String {
    word.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&apos;"
      default: String(character)
      }
    }.joined()
  }

  /// In single quotes, where a shell would see more in the word than its characters.
  private static func quoted(_ word: String) -> String {
    let special: Set<Character> = Set("\r\t\n !\"#$&'()*;<>?[\\]^`{|}~")
    guard word.isEmpty || word.contains(where: special.contains) else { return word }
    return "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  /// One line for each part between single commas; two commas are one that stays.
  private static func lines(of word: String) -> String {
    var text = ""
    var rest = word[...]
    while let character = rest.popFirst() {
      guard character == "," else {
        text.append(character)
        continue
      }
      if rest.first == "," {
        rest.removeFirst()
        text += ","
      } else {
        text += "\n"
      }
    }
    return word.isEmpty ? "" : text + "\n"
  }
}

/// What `echo` prints.
struct EchoResult: CommandResult {
  let text: String

  func render(into output: inout TextOutput) {
    output.print(text)
  }
}
