import CommandGrammar

/// One command of a batch, from its arguments to what is printed.
struct CommandRun {
  private let invocation: CommandInvocation
  private let session: Session
  private let json: Bool

  init(_ invocation: CommandInvocation, session: Session) {
    self.invocation = invocation
    self.session = session
    json = session.options.json || invocation.wantsJSON
  }

  /// Runs the command and prints its result or its error.
  ///
  /// - Returns: The command's exit status.
  func run() -> Int32 {
    let started = ContinuousClock.now
    var status: Int32
    do {
      let result = try result()
      status = result.exitStatus
      try print(result)
    } catch {
      status = Tool.report(error, json: json, console: session.console)
    }
    do {
      try printEnd(elapsed: started.duration(to: .now))
    } catch {
      status = status == 0 ? Tool.report(error, json: json, console: session.console) : status
    }
    return status
  }

  private func result() throws -> any CommandResult {
    if invocation.wantsHelp { return HelpResult(help: HelpText.help(for: invocation.grammar)) }
    guard let type = CommandRegistry.command(for: invocation) else {
      throw UsageError.unknownCommand(invocation.grammar.name)
    }
    session.printsJSON = json
    session.commandName = invocation.grammar.name
    if type.needsConnection { try session.connect() }
    return try type.init(invocation.arguments).run(in: session)
  }

  private func print(_ result: any CommandResult) throws {
    let line: String
    if json {
      line = try JSONOutput.line(result)
    } else {
      var text = TextOutput(isQuiet: session.options.isQuiet)
      result.render(into: &text)
      line = text.text
    }
    if result.leavesOutputAlone {
      session.console.printError(line)
    } else {
      try session.console.print(line)
    }
  }

  private func printEnd(elapsed: Duration) throws {
    let endsWithBlankLine =
      invocation.wantsHelp || CommandRegistry.command(for: invocation)?.endsWithBlankLine == true
    guard endsWithBlankLine, !json else { return }
    if session.options.showsTiming {
      let microseconds =
        elapsed.components.seconds * 1_000_000
        + elapsed.components.attoseconds / 1_000_000_000_000
      let fraction = String(microseconds % 1000 + 1000).dropFirst()
      try session.console.print("\n(Time: \(microseconds / 1000).\(fraction) ms)\n\n")
    } else if !session.options.isQuiet {
      try session.console.print("\n")
    }
  }
}
