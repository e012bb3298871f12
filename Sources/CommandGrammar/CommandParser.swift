/// Reads the words behind a command's name by the command's grammar.
///
/// virsh's rules: `--name VALUE` and `--name=VALUE`; a word that stands alone fills the first option that
/// takes a value and has none yet; `--` ends the options; names are never abbreviated.
struct CommandParser {
  private let grammar: CommandGrammar
  private var words: ArraySlice<String>
  private var result = CommandInvocation.Arguments()

  init(_ grammar: CommandGrammar, words: ArraySlice<String>) {
    self.grammar = grammar
    self.words = words
  }

  mutating func parse() throws -> CommandInvocation.Arguments {
    var onlyValues = false
    while let word = words.popFirst() {
      if onlyValues {
        try fillNextOption(with: word)
      } else if word == "--" {
        onlyValues = true
      } else if let name = Self.optionName(in: word) {
        try parseOption(name, written: word)
      } else if try !parseLetter(word) {
        try fillNextOption(with: word)
      }
    }
    guard !result.wantsHelp else { return result }
    let missing = grammar.options.filter { $0.isRequired && !result.values.isGiven($0.name) }
    guard missing.isEmpty else { throw UsageError.missingOptions(command: grammar.name, missing) }
    return result
  }

  /// The text behind two dashes, where a letter or digit follows them.
  private static func optionName(in word: String) -> Substring? {
    guard word.hasPrefix("--"), let first = word.dropFirst(2).first, first.isASCII,
      first.isLetter || first.isNumber
    else { return nil }
    return word.dropFirst(2)
  }

  private mutating func parseOption(_ text: Substring, written: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let attached = parts.count > 1 ? String(parts[1]) : nil
    guard let option = grammar.option(named: name) else {
      if name == "help" && attached == nil {
        result.wantsHelp = true
        return
      }
      if name == "json" && attached == nil {
        result.wantsJSON = true
        return
      }
      throw UsageError.unsupportedOption(command: grammar.name, option: "--\(name)")
    }
    try take(option, attached: attached)
  }

  /// Takes `-x`, `-xVALUE` and `-x VALUE` where the command has letters; false where the word is none.
  private mutating func parseLetter(_ word: String) throws -> Bool {
    guard grammar.options.contains(where: { $0.letter != nil }), word.hasPrefix("-"), word.count > 1 else {
      return false
    }
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = grammar.option(letter: letter) else {
        throw UsageError.unsupportedOption(command: grammar.name, option: "-\(letter)")
      }
      guard option.takesValue else {
        try take(option, attached: nil)
        continue
      }
      try take(option, attached: letters.isEmpty ? nil : String(letters))
      return true
    }
    return true
  }

  private mutating func take(_ option: OptionGrammar, attached: String?) throws {
    guard option.shape == .repeated || !result.values.isGiven(option.name) else {
      throw UsageError.repeatedOption(option.name)
    }
    guard option.takesValue else {
      guard attached == nil else { throw UsageError.unexpectedValue(option: option.name) }
      result.values.add("", to: option.name)
      return
    }
    guard let value = attached ?? words.popFirst() else { throw UsageError.missingValue(option) }
    result.values.add(value, to: option.name)
  }

  private mutating func fillNextOption(with word: String) throws {
    let next = grammar.nextPositional { result.values.isGiven($0) }
    guard let next else { throw UsageError.unexpectedWord(word) }
    result.values.add(word, to: next.name)
  }
}
