import CommandGrammar
import Libvirt

/// `shutdown DOMAIN`: asks the guest to shut down.
struct ShutdownCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "shutdown", group: "domain", abstract: "gracefully shutdown a domain",
    discussion: "Run shutdown in the target domain.",
    options: [DomainOption.domain, PowerRequestOption.mode],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh shutdown guest --mode acpi", "Press the guest's power button.")])

  private let domain: String
  private let ways: PowerRequestWays

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    ways = try PowerRequestOption.ways(in: arguments, conjunction: ", or")
  }

  func run(in session: Session) throws -> any CommandResult {
    try DomainRequest("shutdown", of: domain, in: session) { (domain) throws(LibvirtError) in
      try domain.shutDown(ways)
    }.result("Domain '\(domain)' is being shutdown\n", action: "shutdown-requested")
  }
}
