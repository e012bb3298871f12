import CommandGrammar
import Libvirt

/// `hostname`: the host's own name.
struct HostnameCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "hostname", group: "host", abstract: "print the hypervisor hostname",
    examples: [("snapsh hostname", "Print the name of the host that the guests run on.")])

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    HostTextResult(key: "hostname", text: try session.connection().hostname() + "\n")
  }
}
