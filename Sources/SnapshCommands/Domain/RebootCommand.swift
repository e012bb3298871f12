import CommandGrammar
import Libvirt

/// `reboot DOMAIN`: asks the guest to boot afresh.
struct RebootCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "reboot", group: "domain", abstract: "reboot a domain",
    discussion: "Run a reboot command in the target domain.",
    options: [DomainOption.domain, PowerRequestOption.mode],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh reboot guest --mode agent", "Let the guest's agent reboot it.")])

  private let domain: String
  private let ways: PowerRequestWays

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    ways = try PowerRequestOption.ways(in: arguments, conjunction: " or")
  }

  func run(in session: Session) throws -> any CommandResult {
    try DomainRequest("reboot", of: domain, in: session) { (domain) throws(LibvirtError) in
      try domain.reboot(ways)
    }.result("Domain '\(domain)' is being rebooted\n", action: "reboot-requested")
  }
}
