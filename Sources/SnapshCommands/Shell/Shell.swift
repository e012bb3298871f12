import CommandGrammar
import LineEditor
import SystemPackage

/// Commands line by line in one session: typed at a prompt, or piped in.
struct Shell {
  private let session: Session
  private let environment: [String: String]

  init(session: Session, environment: [String: String]) {
    self.session = session
    self.environment = environment
  }

  /// Runs lines until the input ends, `quit`, or, where nobody types, the first failure without `--keep-going`.
  ///
  /// - Parameter input: The source of lines.
  /// - Returns: 0 where all commands of a script succeeded; a shell at a terminal ends with 0.
  func run(_ input: any CommandInput) -> Int32 {
    session.isShell = true
    return input.isInteractive ? runPrompt() : runScript(input)
  }

  private func runScript(_ input: any CommandInput) -> Int32 {
    var status: Int32 = 0
    while !session.hasEnded, let line = input.nextLine() {
      let ended = run(line)
      if status == 0 { status = ended }
      if ended != 0 && !session.options.keepsGoing { break }
    }
    return status
  }

  private func runPrompt() -> Int32 {
    Interrupts.handle()
    if !session.options.isQuiet { session.console.printError(Self.welcome) }
    let completion = LiveCompletion(session: session)
    LineEditor.configure(
      name: "snapsh",
      completer: { line, word in completion.candidates(line: line, word: word) },
      isInterrupted: { Interrupts.cancellation.isCancelled })
    let history = StateDirectory(environment: environment).historyFile().map(History.init(path:))
    defer { try? history?.save() }
    while !session.hasEnded {
      guard let line = readLine() else { break }
      history?.add(line)
      _ = run(line)
      Interrupts.cancellation.clear()
    }
    return 0
  }

  /// The next line; `nil` at the end of the input, while Ctrl-C only drops what has been typed.
  private func readLine() -> String? {
    while true {
      Interrupts.isPrompting = true
      defer { Interrupts.isPrompting = false }
      if let line = LineEditor.readLine(prompt: session.options.isReadOnly ? "snapsh > " : "snapsh # ") {
        return line
      }
      session.console.printError("\n")
      guard Interrupts.cancellation.isCancelled else { return nil }
      Interrupts.cancellation.clear()
    }
  }

  private func run(_ line: String) -> Int32 {
    do {
      return try Batch(line: line).run(in: session)
    } catch {
      return Tool.report(error, json: session.options.json, console: session.console)
    }
  }

  private static let welcome =
    """
    Welcome to snapsh, the snapshots and backups of libvirt guests.

    Type:  'help' for help with commands
           'quit' to quit


    """
}
