/// The grammar of one command, declared once: parsing, help, completion and the man page come from it.
public struct CommandGrammar: Sendable {
  /// One word, or two for a command of a family (`vma create`).
  public let name: String
  /// The keyword of the group that lists the command (`help GROUP`).
  public let group: String
  /// What the command does, in one line.
  public let abstract: String
  /// What the help says under DESCRIPTION; the abstract where there is no more to say.
  public let discussion: String
  /// Options in the order in which words without a name fill them.
  public let options: [OptionGrammar]
  /// What an exit status means, where that is not success (0) or failure (1); see ``allExitStatuses``.
  public let exitStatuses: [Int32: String]
  /// Command lines as a shell takes them, the tool's name in front, each with its purpose in a sentence.
  public let examples: [(line: String, purpose: String)]

  /// - Parameters:
  ///   - name: One word, or two for a command of a family.
  ///   - group: The keyword of the group that lists the command.
  ///   - abstract: What the command does, in one line.
  ///   - discussion: What the help says under DESCRIPTION.
  ///   - options: Options in the order in which words without a name fill them.
  ///   - exitStatuses: What an exit status means, where that is not success (0) or failure (1).
  ///   - examples: Command lines as a shell takes them, each with its purpose in a sentence.
  public init(
    name: String, group: String, abstract: String, discussion: String = "",
    options: [any DeclaredOption] = [],
    exitStatuses: [Int32: String] = [:], examples: [(line: String, purpose: String)] = []
  ) {
    self.name = name
    self.group = group
    self.abstract = abstract
    self.discussion = discussion.isEmpty ? abstract : discussion
    self.options = options.map(\.grammar)
    self.exitStatuses = exitStatuses
    self.examples = examples
  }

  /// Every exit status with its meaning, in ascending order: success, failure, and what the command adds.
  public var allExitStatuses: [(status: Int32, meaning: String)] {
    let usual: [Int32: String] = [0: "success", 1: "failure; the reason is on standard error"]
    return usual.merging(exitStatuses) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The file name of the JSON Schema of what `--json` prints, as `snapshot-list.json`.
  public var schemaFileName: String { name.replacing(" ", with: "-") + ".json" }

  func option(named name: String) -> OptionGrammar? {
    options.first { $0.name == name }
  }

  func option(letter: Character) -> OptionGrammar? {
    options.first { $0.letter == letter }
  }

  /// The option that the next word without a name fills.
  func nextPositional(isGiven: (String) -> Bool) -> OptionGrammar? {
    options.first { option in
      option.takesValue && !option.isNamedOnly && (option.shape == .repeated || !isGiven(option.name))
    }
  }
}
