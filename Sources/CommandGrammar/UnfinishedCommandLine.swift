/// A line that is still being typed, read up to the cursor by the rules of ``CommandLineTokenizer``.
public struct UnfinishedCommandLine: Equatable, Sendable {
  /// The whole words of the last command, unquoted; empty where its name is being typed.
  public let words: [String]
  /// The word being typed, unquoted; empty behind a blank.
  public let partial: String
  /// The same as it stands in the line, quotes and backslashes included.
  public let raw: String
  /// The quote that is still open.
  public let quote: Character?

  /// Reads a line; `nil` inside a comment, where there is nothing to complete.
  ///
  /// - Parameter text: What stands before the cursor.
  public init?(_ text: String) {
    var words: [String] = []
    var word: String?
    var start = text.startIndex
    var quote: Character?
    var isEscaped = false
    for index in text.indices {
      let next = text[index]
      if word == nil && next == "#" { return nil }
      if word == nil && !" \t;\n".contains(next) {
        word = ""
        start = index
      }
      if isEscaped {
        isEscaped = false
        word?.append(next)
      } else if next == "\\" && quote != "'" {
        isEscaped = true
      } else if next == quote {
        quote = nil
      } else if quote == nil && (next == "'" || next == "\"") {
        quote = next
      } else if quote == nil && " \t;\n".contains(next) {
        if let whole = word { words.append(whole) }
        word = nil
        if next == ";" || next == "\n" { words = [] }
      } else {
        word?.append(next)
      }
    }
    self.words = words
    partial = word ?? ""
    raw = word == nil ? "" : String(text[start...])
    self.quote = quote
  }

  /// A word as it has to be typed here, so that the tokenizer reads it as one.
  ///
  /// - Parameter word: A whole word that begins with ``partial``.
  /// - Returns: The word in the quotes that are open, else with a backslash before all that is not itself.
  public func typed(_ word: String) -> String {
    switch quote {
    case "'" where !word.contains("'"):
      return "'\(word)'"
    case "\"":
      return "\"" + Self.escaped(word, "\"\\") + "\""
    default:
      let escaped = Self.escaped(word, " \t\n;\\'\"")
      return escaped.hasPrefix("#") ? "\\" + escaped : escaped
    }
  }

  private static func escaped(_ word: String, _ special: String) -> String {
    String(word.flatMap { special.contains($0) ? ["\\", $0] : [$0] })
  }
}
