/// What could stand at the end of a command line that is still being typed.
public struct Completion: Sendable, Equatable {
  /// Words known from the grammar: commands, options, fixed values. All begin with what has been typed.
  public let words: [String]
  /// Where more words come from: names that only a hypervisor or a file system knows.
  public let source: CompletionSource
  /// The value of the command's domain option, for the names that belong to a domain.
  public let domain: String?
  /// What stands before each candidate in the same word: `--domain=` where a value is attached to its option.
  public let attachedTo: String

  /// Completes the last word.
  ///
  /// - Parameters:
  ///   - words: The words before the one being typed, without global options; empty at the command's place.
  ///   - partial: The word being typed, perhaps empty.
  ///   - table: All commands.
  public init(after words: [String], partial: String, in table: CommandTable) {
    guard let first = words.first else {
      self.init(words: Self.firstWords(of: table), partial: partial)
      return
    }
    let family = table.subcommands(of: first)
    if words.count == 1 && !family.isEmpty && table[first] == nil {
      self.init(words: family.map { String($0.name.dropFirst(first.count + 1)) }, partial: partial)
      return
    }
    let isFamily = table[first] == nil
    guard let command = isFamily ? words.count > 1 ? table["\(first) \(words[1])"] : nil : table[first] else {
      self.init(words: [], partial: partial)
      return
    }
    self.init(command, arguments: Array(words.dropFirst(isFamily ? 2 : 1)), partial: partial, table: table)
  }

  private init(_ command: CommandGrammar, arguments: [String], partial: String, table: CommandTable) {
    var given = Set<String>()
    var domain: String?
    var pending: OptionGrammar?
    func take(_ value: String, for option: OptionGrammar) {
      given.insert(option.name)
      if option.completion == .domain { domain = value }
    }
    for word in arguments {
      if let option = pending {
        take(word, for: option)
        pending = nil
      } else if word.hasPrefix("--") {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1)
        guard let option = parts.first.flatMap({ command.option(named: String($0)) }) else { continue }
        if parts.count > 1 {
          take(String(parts[1]), for: option)
        } else if option.takesValue {
          pending = option
        } else {
          given.insert(option.name)
        }
      } else if let option = command.nextPositional(isGiven: given.contains) {
        take(word, for: option)
      }
    }
    if let pending {
      self.init(pending.completion, partial: partial, domain: domain)
    } else if let (option, name, value) = command.attachedValue(in: partial) {
      self.init(option.completion, partial: value, domain: domain, attachedTo: name)
    } else if partial.hasPrefix("-") {
      let names = command.options.filter { $0.shape == .repeated || !given.contains($0.name) }.map {
        "--\($0.name)"
      }
      self.init(words: names, partial: partial)
    } else if command.name == "help" {
      self.init(words: Self.firstWords(of: table) + table.groups.map(\.keyword), partial: partial)
    } else {
      self.init(
        command.nextPositional(isGiven: given.contains)?.completion ?? .none, partial: partial, domain: domain
      )
    }
  }

  private init(
    _ source: CompletionSource, partial: String, domain: String?, attachedTo name: String = ""
  ) {
    if case .words(let words) = source {
      self.init(words: words.map { name + $0 }, partial: name + partial)
    } else {
      self.init(words: [], source: source, domain: domain, attachedTo: name)
    }
  }

  private init(words: [String], partial: String) {
    self.init(words: words.filter { $0.hasPrefix(partial) }, source: .none, domain: nil, attachedTo: "")
  }

  private init(words: [String], source: CompletionSource, domain: String?, attachedTo name: String) {
    self.words = words
    self.source = source
    self.domain = domain
    attachedTo = name
  }

  private static func firstWords(of table: CommandTable) -> [String] {
    var seen = Set<Substring>()
    return table.commands.compactMap { command in
      let word = command.name.prefix { $0 != " " }
      return seen.insert(word).inserted ? String(word) : nil
    }
  }
}

extension CommandGrammar {
  /// The option, `--NAME=` and the value of a word that holds all three; `nil` for any other word.
  fileprivate func attachedValue(
    in word: String
  ) -> (option: OptionGrammar, name: String, value: String)? {
    guard word.hasPrefix("--"), let sign = word.firstIndex(of: "=") else { return nil }
    let name = String(word.dropFirst(2).prefix { $0 != "=" })
    guard let option = option(named: name), option.takesValue else { return nil }
    let end = word.index(after: sign)
    return (option, String(word[..<end]), String(word[end...]))
  }
}
