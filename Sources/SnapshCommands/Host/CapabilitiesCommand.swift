import CommandGrammar
import Libvirt

/// `capabilities`: what host and hypervisor can do, as a document.
struct CapabilitiesCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "capabilities", group: "host", abstract: "capabilities",
    discussion: "Returns capabilities of hypervisor/driver.",
    examples: [("snapsh capabilities", "Print the document that tells what host and hypervisor can do.")])

  init(_ arguments: ParsedArguments) throws {}

  func run(in session: Session) throws -> any CommandResult {
    HostTextResult(key: "xml", text: try session.connection().capabilities() + "\n")
  }
}
