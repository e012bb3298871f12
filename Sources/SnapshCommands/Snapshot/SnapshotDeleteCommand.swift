import CommandGrammar
import Libvirt

/// `snapshot-delete DOMAIN SNAPSHOT`: deletes a snapshot, or what is below it.
struct SnapshotDeleteCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption()
  private static let current = SnapshotSelector.currentOption(help: "delete current snapshot")
  private static let children = Option.flag("children", help: "delete snapshot and all children")
  private static let childrenOnly = Option.flag(
    "children-only", help: "delete children but not snapshot")
  private static let metadata = Option.flag(
    "metadata", help: "delete only libvirt metadata, leaving snapshot contents behind")

  static let grammar = CommandGrammar(
    name: "snapshot-delete", group: "snapshot", abstract: "Delete a domain snapshot",
    discussion: "Snapshot Delete",
    options: [DomainOption.domain, name, current, children, childrenOnly, metadata],
    examples: [("snapshot-delete guest before-upgrade", "Merge a snapshot that is no longer needed.")])

  private let domain: String
  private let selector: SnapshotSelector
  private let flags: SnapshotDeleteFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    selector = SnapshotSelector(arguments, name: Self.name, current: Self.current)
    var flags: SnapshotDeleteFlags = []
    if try arguments[Self.children] { flags.insert(.children) }
    if try arguments[Self.childrenOnly] { flags.insert(.childrenOnly) }
    if try arguments[Self.metadata] { flags.insert(.metadataOnly) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let snapshot = try selector.snapshot(of: domain)
    let name = snapshot.name
    let flags = flags
    do {
      try session.runJob(on: domain, label: "Delete") { (_) throws(LibvirtError) in
        try snapshot.delete(flags)
      }
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to delete snapshot \(name)", cause: error)
    }
    let onlyChildren = flags.contains(.childrenOnly)
    return Sentence(
      "Domain snapshot \(name) \(onlyChildren ? "children " : "")deleted\n",
      fields: SnapshotAction(
        domain: domain.name, snapshot: name, action: onlyChildren ? "children-deleted" : "deleted"))
  }
}
