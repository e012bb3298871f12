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
  /// - Returns: The exit status: 0 where every command succeeded, otherwise that of the first that failed.
  public static func run(
    _ arguments: [String], environment: [String: String], console: Console
  ) -> Int32 {
    var json = arguments.contains("--json")
    do {
      let (options, words) = try GlobalOptions.parse(arguments, environment: environment)
      json = options.json
      if let request = options.request {
        try console.print(text(for: request))
        return 0
      }
      let invocations = try parse(words)
      json = json || invocations.contains { $0.wantsJSON }
      let session = Session(options: options, console: console, environment: environment)
      return try runBatch(invocations, in: session)
    } catch {
      return report(error, json: json, console: console)
    }
  }

  /// One word is a string of commands; several words are one command and its arguments.
  private static func parse(_ words: ArraySlice<String>) throws -> [CommandInvocation] {
    guard let first = words.first else {
      throw CommandFailure("no command given; 'snapsh --help' lists the commands")
    }
    let commands = words.count == 1 ? try CommandLineTokenizer.commands(in: first) : [Array(words)]
    return try commands.map { try CommandRegistry.table.parse($0) }
  }

  private static func runBatch(_ invocations: [CommandInvocation], in session: Session) throws -> Int32 {
    let options = session.options
    let needsConnection = invocations.contains {
      !$0.wantsHelp && CommandRegistry.command(for: $0)?.needsConnection == true
    }
    // virsh opens a connection named with -c before the first command, any other when it is needed.
    if needsConnection && options.isURIExplicit { try session.connect() }
    var status: Int32 = 0
    for invocation in invocations {
      let ended = CommandRun(invocation, session: session).run()
      if status == 0 { status = ended }
      if ended != 0 && !options.keepsGoing { break }
    }
    return status
  }

  static func report(_ error: any Error, json: Bool, console: Console) -> Int32 {
    let failure = Failure(error)
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
        -c | --connect=URI      hypervisor connection URI
        -h | --help             this help
             --json             results and errors as JSON, one object a line
             --keep-going       go on with a batch after a command that failed
        -q | --quiet            quiet mode
        -r | --readonly         connect readonly
        -t | --timing           print timing information
        -v                      short version
        -V                      long version
             --version[=TYPE]   version, TYPE is short or long (default short)
      commands (non interactive mode):


    """
    + CommandRegistry.groups.map { HelpText.help(for: $0, in: CommandRegistry.table, suffix: "") }.joined()
    + "\n  (specify help <group> for details about the commands in the group)\n"
    + "\n  (specify help <command> for details about the command)\n\n"
}
