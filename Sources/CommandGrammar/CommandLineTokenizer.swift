/// Splits a command string into commands and words, by virsh's rules.
///
/// Blanks separate words; `;` and newline separate commands; `#` at the start of a word begins a comment that
/// reaches to the end of the line; single quotes keep everything, double quotes and backslash quote the rest.
public struct CommandLineTokenizer {
  private var rest: Substring
  private var commands: [[String]] = []
  private var words: [String] = []

  private init(_ line: String) {
    rest = line[...]
  }

  /// The commands of a line, each as its words; commands without a word are left out.
  ///
  /// - Parameter line: The text of one or more commands.
  /// - Throws: ``UsageError/danglingBackslash``, ``UsageError/missingQuote``.
  /// - Returns: One array of words for each command.
  public static func commands(in line: String) throws -> [[String]] {
    var tokenizer = CommandLineTokenizer(line)
    return try tokenizer.split()
  }

  private mutating func split() throws -> [[String]] {
    while let next = rest.first {
      switch next {
      case " ", "\t":
        rest.removeFirst()
      case ";", "\n":
        rest.removeFirst()
        endCommand()
      case "#":
        rest = rest.drop { $0 != "\n" }
      default:
        words.append(try word())
      }
    }
    endCommand()
    return commands
  }

  private mutating func endCommand() {
    if !words.isEmpty { commands.append(words) }
    words = []
  }

  private mutating func word() throws -> String {
    var word = ""
    var singleQuoted = false
    var doubleQuoted = false
    while let next = rest.first {
      if !singleQuoted && !doubleQuoted && [" ", "\t", ";", "\n"].contains(next) { break }
      rest.removeFirst()
      switch next {
      case "'" where !doubleQuoted:
        singleQuoted.toggle()
      case "\"" where !singleQuoted:
        doubleQuoted.toggle()
      case "\\" where !singleQuoted:
        guard let escaped = rest.popFirst() else { throw UsageError.danglingBackslash }
        word.append(escaped)
      default:
        word.append(next)
      }
    }
    guard !doubleQuoted else { throw UsageError.missingQuote }
    return word
  }
}
