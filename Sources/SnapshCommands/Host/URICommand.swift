import CommandGrammar
import Libvirt

/// `uri`: the connection's URI in libvirt's own spelling.
struct URICommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "uri", group: "host", abstract: "print the hypervisor canonical URI",
    examples: [("snapsh uri", "Print what the connection is to.")])

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    HostTextResult(key: "uri", text: try session.connection().uri() + "\n")
  }
}
