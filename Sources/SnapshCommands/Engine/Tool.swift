import CommandGrammar

/// The whole tool as one function: words in, text out, an exit status back.
public enum Tool {
  /// The tool's own version.
  public static let version = "0.1.0"

  /// Runs one command line.
  ///
  /// - Parameters:
  ///   - arguments: The words behind the program's name.
  ///   - environment: The process's environment.
  ///   - console: Where results and errors are printed.
  ///   - input: Where commands come from when the command line holds none.
  /// - Returns: The exit status: 0 where every command succeeded, otherwise that of the first that failed.
  public static func run(
    _ arguments: [String], environment: [String: String], console: Console,
    input: any CommandInput = StandardInput()
  ) -> Int32 {
    var json = arguments.contains("--json")
    var console = console
    do {
      let (options, words) = try GlobalOptions.parse(arguments, environment: environment)
      json = options.json
      if let request = options.request {
        try console.print(text(for: request))
        return 0
      }
      for warning in options.warnings { console.printError("error: \(warning)\n") }
      console.log = try DiagnosticLog(options)
      let session = Session(options: options, console: console, environment: environment)
      guard !words.isEmpty else { return Shell(session: session, environment: environment).run(input) }
      let batch = try Batch(words)
      json = json || batch.wantsJSON
      return try batch.run(in: session)
    } catch {
      return report(error, json: json, console: console)
    }
  }

  static func report(_ error: any Error, json: Bool, console: Console) -> Int32 {
    let failure = Failure(error)
    for line in failure.lines { console.log?.keep(line, level: .error) }
    let line = json ? try? JSONOutput.line(failure.report) : nil
    console.printError(line ?? failure.text)
    return failure.exitStatus
  }

  private static func text(for request: GlobalOptions.Request) -> String {
    switch request {
    case .help: usage
    case .shortVersion: version + "\n"
    case .longVersion: "snapsh \(version)\n"
    }
  }

  private static let usage =
    """

    snapsh [options]... [<command_string>]
    snapsh [options]... <command> [args...]

      options:

    """ + GlobalOptions.helpText
      + """
        commands (non interactive mode):


      """
    + CommandRegistry.groups.map { HelpText.help(for: $0, in: CommandRegistry.table, suffix: "") }.joined()
    + "\n  (specify help <group> for details about the commands in the group)\n"
    + "\n  (specify help <command> for details about the command)\n\n"
}
