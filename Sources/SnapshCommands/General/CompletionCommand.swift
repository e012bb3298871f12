import CommandGrammar

/// `completion SHELL`: the script that teaches a shell to complete snapsh's command lines.
struct CompletionCommand: Command {
  private static let shell = Option.required(
    "shell", completes: .words(CompletionScript.allCases.map(\.rawValue)), help: "bash, zsh or fish")

  static let grammar = CommandGrammar(
    name: "completion", group: "tool", abstract: "print a shell's completion script",
    discussion:
      "Prints a script that completes commands, options, and the live names of domains, snapshots and disks.",
    options: [shell],
    examples: [("source <(snapsh completion bash)", "Complete in this shell.")])

  private let script: CompletionScript

  init(_ arguments: ParsedArguments) throws {
    let name = try arguments[Self.shell]
    guard let script = CompletionScript(rawValue: name) else {
      throw CommandFailure("no completion for the shell '\(name)'; known are bash, zsh and fish")
    }
    self.script = script
  }

  func run(in session: Session) throws -> any CommandResult {
    Result(shell: script.rawValue, script: script.text)
  }

  /// A completion script.
  struct Result: CommandResult {
    let shell: String
    let script: String

    func render(into text: inout TextOutput) {
      text.print(script)
    }
  }
}
