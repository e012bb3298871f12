import CommandGrammar
import Libvirt
import Operations

/// `checkpoint-edit DOMAIN CHECKPOINT`: a checkpoint's document in an editor.
struct CheckpointEditCommand: VirshCommand {
  private static let name = CheckpointSelector.option()

  static let grammar = CommandGrammar(
    name: "checkpoint-edit", group: "checkpoint", abstract: "edit XML for a checkpoint",
    discussion: "Opens what libvirt keeps of a checkpoint in an editor; its name must stay.",
    options: [DomainOption.domain, name],
    examples: [("snapsh checkpoint-edit guest monday", "Change what is written down of a checkpoint.")])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let checkpoint = try CheckpointSelector.checkpoint(named: arguments[Self.name], of: domain)
    let name = checkpoint.name
    try session.waitForExclusiveJob(of: domain)
    let failure = "Failed to update \(name)"
    let original: String
    do {
      original = try checkpoint.xml(.secure)
    } catch {
      throw CommandFailure(failure, cause: error)
    }
    let changed = try DocumentEdit(failure: failure, session: session).run(
      original, current: { try checkpoint.xml(.secure) },
      define: { try CheckpointRedefinition.redefine(checkpoint, as: $0) })
    return Sentence(
      changed
        ? "Checkpoint \(name) edited.\n" : "Checkpoint \(name) XML configuration not changed.\n",
      fields: CheckpointAction(domain: domain.name, checkpoint: name, action: changed ? "edited" : "none"))
  }
}
