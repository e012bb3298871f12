import CommandGrammar

/// `complete WORD…`: what could stand for the last word; what the completion scripts ask.
struct CompleteCommand: Command {
  private static let words = Option.repeated("word", help: "the words typed so far, the last one unfinished")

  static let grammar = CommandGrammar(
    name: "complete", group: "tool", abstract: "list what could complete a command line",
    discussion: "Prints one candidate a line, or the line <file> where a file name is wanted.",
    options: [words],
    examples: [("snapsh complete -- snapshot-info g", "The domains whose names begin with g.")])

  private let words: [String]

  init(_ arguments: ParsedArguments) throws {
    words = try arguments[Self.words]
  }

  func run(in session: Session) throws -> any CommandResult {
    let partial = words.last ?? ""
    let before = Array(words.dropLast())
    if let result = GlobalOptions.completion(after: before, partial: partial) { return result }
    // The line may name its own connection; a mistake in it completes to nothing.
    guard let (options, rest) = try? GlobalOptions.parse(before, environment: session.environment) else {
      return Result(candidates: [], wantsFile: false)
    }
    let typed = Session(options: options, console: session.console, environment: session.environment)
    let completion = Completion(after: Array(rest), partial: partial, in: CommandRegistry.table)
    return Result(
      candidates: LiveCompletion(session: typed).candidates(for: completion, partial: partial),
      wantsFile: completion.source == .file)
  }

  /// What could stand for the last word.
  struct Result: CommandResult {
    let candidates: [String]
    let wantsFile: Bool

    func render(into text: inout TextOutput) {
      if wantsFile { text.print("<file>\n") }
      text.print(candidates.map { $0 + "\n" }.joined())
    }
  }
}
