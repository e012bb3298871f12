import CommandGrammar
import Libvirt

/// `domrename DOMAIN NAME`: gives a domain that is shut off another name.
struct DomainRenameCommand: VirshCommand {
  private static let domain = Option.required("domain", completes: .domain, help: "domain name or uuid")
  private static let newName = Option.required("new-name", help: "new domain name")

  static let grammar = CommandGrammar(
    name: "domrename", group: "domain", abstract: "rename a domain",
    discussion: "Rename an inactive domain.",
    options: [domain, newName],
    examples: [("snapsh domrename guest old-guest", "Give a guest that is shut off another name.")])

  private let domain: String
  private let newName: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
    newName = try arguments[Self.newName]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    try found.rename(to: newName)
    return Sentence(
      "Domain successfully renamed\n",
      fields: DomainAction(domain: newName, uuid: try found.uuid(), action: "renamed"))
  }
}
