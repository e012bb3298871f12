import CommandGrammar
import Libvirt

/// `checkpoint-parent DOMAIN CHECKPOINT`: the name of the checkpoint made before another.
struct CheckpointParentCommand: VirshCommand {
  private static let name = CheckpointSelector.option(help: "the checkpoint whose parent is wanted")

  static let grammar = CommandGrammar(
    name: "checkpoint-parent", group: "checkpoint", abstract: "Get the name of the parent of a checkpoint",
    discussion: "Prints the name of the checkpoint that was made before this one, if there is one.",
    options: [DomainOption.domain, name],
    examples: [("snapsh checkpoint-parent guest tuesday", "Print the checkpoint before Tuesday's.")])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let checkpoint = try CheckpointSelector.checkpoint(named: arguments[Self.name], of: domain)
    guard let parent = try checkpoint.parent() else {
      throw CommandFailure("checkpoint '\(checkpoint.name)' has no parent")
    }
    let name = parent.name
    return PlainText(name, fields: CheckpointName(domain: domain.name, checkpoint: name))
  }
}
