import CommandGrammar
import Libvirt

/// `domuuid DOMAIN`: the UUID of a domain.
struct DomainUUIDCommand: VirshCommand {
  private static let domain = Option.required("domain", completes: .domain, help: "domain id or name")

  static let grammar = CommandGrammar(
    name: "domuuid", group: "domain", abstract: "convert a domain name or id to domain UUID",
    options: [domain],
    examples: [("snapsh domuuid guest", "Print the UUID of a guest.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain, by: [.id, .name])
    return try DomainIdentity(of: found, line: found.uuid())
  }
}
