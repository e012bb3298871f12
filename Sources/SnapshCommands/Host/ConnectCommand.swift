import CommandGrammar

/// `connect [URI]`: lets the commands that follow work on another hypervisor.
struct ConnectCommand: Command {
  private static let name = Option.text(
    "name", acceptsEmpty: true, help: "hypervisor connection URI")
  private static let readOnly = Option.flag("readonly", help: "read-only connection")

  static let grammar = CommandGrammar(
    name: "connect", group: "host", abstract: "(re)connect to hypervisor",
    discussion: "Connect to local hypervisor. This is built-in command after shell start up.",
    options: [name, readOnly],
    examples: [
      ("snapsh connect qemu:///system --readonly", "Look at another hypervisor, unable to change anything.")
    ])

  static let endsWithBlankLine = true

  private let uri: String?
  private let isReadOnly: Bool

  init(_ arguments: ParsedArguments) throws {
    uri = try arguments[Self.name]
    isReadOnly = try arguments[Self.readOnly]
  }

  func run(in session: Session) throws -> any CommandResult {
    let connection = try session.reconnect(to: uri, readOnly: isReadOnly)
    return Sentence("", fields: ["uri": try connection.uri()])
  }
}
