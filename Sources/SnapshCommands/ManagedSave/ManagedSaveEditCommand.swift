import CommandGrammar
import Libvirt

/// `managedsave-edit DOMAIN`: the document inside a domain's managed save, in an editor.
struct ManagedSaveEditCommand: VirshCommand {
  private static let later = SaveOption.later("start")

  static let grammar = CommandGrammar(
    name: "managedsave-edit", group: "domain",
    abstract: "edit XML for a domain's managed save state file",
    discussion: "Edit the domain XML associated with the managed save state file",
    options: [DomainOption.domain, later.running, later.paused],
    examples: [("snapsh managedsave-edit guest", "Change what a saved guest goes on with.")])

  private let domain: String
  private let flags: DomainSaveFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    flags = try Self.later.exclusiveFlags(in: arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    let original = try found.managedSaveXML(secure: true)
    let edit = DocumentEdit(failure: "Failed to update \(domain) XML configuration", session: session)
    let changed = try edit.run(
      original, current: { try found.managedSaveXML(secure: true) },
      define: { try found.defineManagedSave(xml: $0, flags) })
    return Sentence(
      changed
        ? "Managed save image of Domain '\(found.name)' XML configuration edited.\n"
        : "Managed save image of domain '\(found.name)' XML configuration not changed.\n",
      fields: DomainAction(
        domain: found.name, uuid: try found.uuid(), action: changed ? "managed-save-edited" : "none"))
  }
}
