import CommandGrammar
import Libvirt

/// `checkpoint-delete DOMAIN CHECKPOINT`: deletes a checkpoint, or what is below it.
struct CheckpointDeleteCommand: VirshCommand {
  private static let name = CheckpointSelector.option()
  private static let children = Option.flag("children", help: "the checkpoint and all below it")
  private static let childrenOnly = Option.flag("children-only", help: "all below it, not the checkpoint")
  private static let metadata = Option.flag(
    "metadata", help: "only what libvirt knows of it; the disks keep their bitmaps")

  static let grammar = CommandGrammar(
    name: "checkpoint-delete", group: "checkpoint", abstract: "Delete a domain checkpoint",
    discussion: "Deletes a checkpoint; its changes are counted to the one before it.",
    options: [DomainOption.domain, name, children, childrenOnly, metadata],
    examples: [
      ("snapsh checkpoint-delete guest monday", "Delete a checkpoint that no backup will start from.")
    ])

  private let arguments: ParsedArguments
  private let flags: CheckpointDeleteFlags

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    var flags: CheckpointDeleteFlags = []
    if try arguments[Self.children] { flags.insert(.children) }
    if try arguments[Self.childrenOnly] { flags.insert(.childrenOnly) }
    if try arguments[Self.metadata] { flags.insert(.metadataOnly) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let checkpoint = try CheckpointSelector.checkpoint(named: arguments[Self.name], of: domain)
    let name = checkpoint.name
    try session.waitForExclusiveJob(of: domain)
    do {
      try checkpoint.delete(flags)
    } catch {
      throw CommandFailure("Failed to delete checkpoint \(name)", cause: error)
    }
    let onlyChildren = flags.contains(.childrenOnly)
    return Sentence(
      "Domain checkpoint \(name) \(onlyChildren ? "children " : "")deleted\n",
      fields: CheckpointAction(
        domain: domain.name, checkpoint: name, action: onlyChildren ? "children-deleted" : "deleted"))
  }
}
