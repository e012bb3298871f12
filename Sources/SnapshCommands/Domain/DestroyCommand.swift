import CommandGrammar
import Libvirt

/// `destroy DOMAIN`: stops a domain at once, as pulling the plug does.
struct DestroyCommand: VirshCommand {
  private static let graceful = Option.flag("graceful", help: "terminate gracefully")
  private static let removeLogs = Option.flag("remove-logs", help: "remove domain logs")

  static let grammar = CommandGrammar(
    name: "destroy", group: "domain", abstract: "destroy (stop) a domain",
    discussion: "Forcefully stop a given domain, but leave its resources intact.",
    options: [DomainOption.domain, graceful, removeLogs],
    examples: [("snapsh destroy guest", "Stop a guest that does not shut down by itself.")])

  private let domain: String
  private let flags: DomainDestroyFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    var flags: DomainDestroyFlags = []
    if try arguments[Self.graceful] { flags.insert(.graceful) }
    if try arguments[Self.removeLogs] { flags.insert(.removeLogs) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    let action = DomainAction(domain: found.name, uuid: try found.uuid(), action: "destroyed")
    do {
      try found.destroy(flags)
    } catch {
      throw CommandFailure("Failed to destroy domain '\(domain)'", cause: error)
    }
    // virsh repeats the word that was given, be it an ID or a UUID.
    return Sentence("Domain '\(domain)' destroyed\n", fields: action)
  }
}
