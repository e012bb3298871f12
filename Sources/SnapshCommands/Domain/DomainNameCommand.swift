import CommandGrammar
import Libvirt

/// `domname DOMAIN`: the name of a domain known by its number.
struct DomainNameCommand: VirshCommand {
  private static let domain = Option.required("domain", completes: .domain, help: "domain id or uuid")

  static let grammar = CommandGrammar(
    name: "domname", group: "domain", abstract: "convert a domain id or UUID to domain name",
    options: [domain],
    examples: [("snapsh domname 1", "Print the name of the guest that has the number 1.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain, by: [.id, .uuid])
    return try DomainIdentity(of: found, line: found.name)
  }
}
