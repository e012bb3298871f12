import CommandGrammar
import Libvirt

/// `managedsave-define DOMAIN XML`: replaces the document inside a domain's managed save.
struct ManagedSaveDefineCommand: VirshCommand {
  private static let xml = Option.required(
    "xml", completes: .file, help: "filename containing updated XML for the target")
  private static let later = SaveOption.later("start")

  static let grammar = CommandGrammar(
    name: "managedsave-define", group: "domain",
    abstract: "redefine the XML for a domain's managed save state file",
    discussion: "Replace the domain XML associated with a managed save state file",
    options: [DomainOption.domain, xml, later.running, later.paused],
    examples: [
      (
        "snapsh managedsave-define guest moved.xml --paused",
        "Let a saved guest go on elsewhere, paused at first."
      )
    ])

  private let domain: String
  private let xmlFile: String
  private let flags: DomainSaveFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    xmlFile = try arguments[Self.xml]
    flags = try Self.later.exclusiveFlags(in: arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    let xml = try XMLFile(path: xmlFile).text()
    do {
      try found.defineManagedSave(xml: xml, flags)
    } catch {
      throw CommandFailure("Failed to update \(domain) XML configuration", cause: error)
    }
    return Sentence(
      "Managed save state file of domain '\(found.name)' updated.\n",
      fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: "managed-save-defined"))
  }
}
