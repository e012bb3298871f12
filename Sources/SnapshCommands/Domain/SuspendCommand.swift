import CommandGrammar
import Libvirt

/// `suspend DOMAIN`: stands a domain's processors still.
struct SuspendCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "suspend", group: "domain", abstract: "suspend a domain",
    discussion: "Suspend a running domain.",
    options: [DomainOption.domain],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh suspend guest", "Pause a guest.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    try DomainRequest("suspend", of: domain, in: session) { (domain) throws(LibvirtError) in
      try domain.suspend()
    }.result("Domain '\(domain)' suspended\n", action: "suspended")
  }
}
