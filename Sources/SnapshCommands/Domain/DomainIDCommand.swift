import CommandGrammar
import Libvirt

/// `domid DOMAIN`: the number of a running domain, or a dash.
struct DomainIDCommand: VirshCommand {
  private static let domain = Option.required("domain", completes: .domain, help: "domain name or uuid")

  static let grammar = CommandGrammar(
    name: "domid", group: "domain", abstract: "convert a domain name or UUID to domain id",
    options: [domain],
    examples: [("snapsh domid guest", "Print the number that libvirt has given a running guest.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain, by: [.name, .uuid])
    return try DomainIdentity(of: found, line: found.id.map(String.init) ?? "-")
  }
}
