import CommandGrammar

/// `quit`: ends the shell, or a batch before its end.
struct QuitCommand: Command {
  static let grammar = CommandGrammar(
    name: "quit", group: "tool", abstract: "quit this interactive terminal",
    examples: [("snapsh quit", "Leave the shell.")])

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    session.hasEnded = true
    return NothingToSay()
  }
}

/// `exit`: the same by the other name.
struct ExitCommand: Command {
  static let grammar = CommandGrammar(
    name: "exit", group: "tool", abstract: "quit this interactive terminal",
    examples: [("snapsh exit", "Leave the shell.")])

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    session.hasEnded = true
    return NothingToSay()
  }
}

/// The result of a command that has nothing to tell.
struct NothingToSay: CommandResult {
  func render(into text: inout TextOutput) {}
}
