import CommandGrammar
import Libvirt

/// `resume DOMAIN`: lets a paused domain go on.
struct ResumeCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "resume", group: "domain", abstract: "resume a domain",
    discussion: "Resume a previously suspended domain.",
    options: [DomainOption.domain],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh resume guest", "Let a paused guest go on.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    try DomainRequest("resume", of: domain, in: session) { (domain) throws(LibvirtError) in
      try domain.resume()
    }.result("Domain '\(domain)' resumed\n", action: "resumed")
  }
}
