import CommandGrammar

/// The commands of one line, all parsed before the first one runs.
struct Batch {
  private let invocations: [CommandInvocation]

  /// Reads the words of a command line: one word is a string of commands, several are one command.
  init(_ words: ArraySlice<String>) throws {
    guard words.count == 1, let line = words.first else {
      try self.init(commands: [Array(words)])
      return
    }
    try self.init(line: line)
  }

  /// Reads a string of commands.
  init(line: String) throws {
    try self.init(commands: CommandLineTokenizer.commands(in: line))
  }

  private init(commands: [[String]]) throws {
    invocations = try commands.map { try CommandRegistry.table.parse($0) }
  }

  var wantsJSON: Bool {
    invocations.contains { $0.wantsJSON }
  }

  /// Runs the commands one after another.
  ///
  /// - Returns: The exit status of the first command that failed; the rest is run only with `--keep-going`.
  func run(in session: Session) throws -> Int32 {
    let needsConnection = invocations.contains {
      !$0.wantsHelp && CommandRegistry.command(for: $0)?.needsConnection == true
    }
    for invocation in invocations { try noteArguments(of: invocation, in: session) }
    session.printsJSON = session.options.json || wantsJSON
    // virsh opens a connection named with -c before the first command, any other when it is needed.
    if needsConnection && session.options.isURIExplicit { try session.connect() }
    var status: Int32 = 0
    for invocation in invocations {
      let ended = CommandRun(invocation, session: session).run()
      if status == 0 { status = ended }
      if session.hasEnded || (ended != 0 && !session.options.keepsGoing) { break }
    }
    return status
  }

  private func noteArguments(of invocation: CommandInvocation, in session: Session) throws {
    for (option, value) in invocation.arguments.inOrder {
      let name = invocation.grammar.name
      let isFlag = invocation.grammar.options.contains { $0.name == option && !$0.takesValue }
      try session.console.note(
        isFlag ? "\(name): \(option)(bool): (none)" : "\(name): \(option)(optdata): \(value)", level: .info,
        json: session.options.json || invocation.wantsJSON)
    }
  }
}
