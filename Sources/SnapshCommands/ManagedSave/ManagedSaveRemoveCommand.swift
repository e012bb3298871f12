import CommandGrammar
import Libvirt

/// `managedsave-remove DOMAIN`: throws a managed save away, so that the domain boots afresh.
struct ManagedSaveRemoveCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "managedsave-remove", group: "domain", abstract: "Remove managed save of a domain",
    discussion: "Remove an existing managed save state file from a domain",
    options: [DomainOption.domain],
    examples: [("snapsh managedsave-remove guest", "Give up the saved memory of a guest.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    guard try found.hasManagedSave() else {
      return Sentence(
        "Domain '\(domain)' has no manage save image; removal skipped",
        fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: "none"))
    }
    do {
      try found.removeManagedSave()
    } catch {
      throw CommandFailure("Failed to remove managed save image for domain '\(domain)'", cause: error)
    }
    return Sentence(
      "Removed managedsave image for domain '\(domain)'",
      fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: "removed"))
  }
}
