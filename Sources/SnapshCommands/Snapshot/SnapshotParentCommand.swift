import CommandGrammar
import Libvirt

/// `snapshot-parent DOMAIN SNAPSHOT`: the name of the snapshot that another was taken on top of.
struct SnapshotParentCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption(help: "find parent of snapshot name")
  private static let current = SnapshotSelector.currentOption(help: "find parent of current snapshot")

  static let grammar = CommandGrammar(
    name: "snapshot-parent", group: "snapshot", abstract: "Get the name of the parent of a snapshot",
    discussion: "Extract the snapshot's parent, if any", options: [DomainOption.domain, name, current],
    examples: [
      ("snapsh snapshot-parent guest --current", "Print what the current snapshot was taken on top of.")
    ])

  private let domain: String
  private let selector: SnapshotSelector

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    selector = SnapshotSelector(arguments, name: Self.name, current: Self.current)
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let snapshot = try selector.snapshot(of: domain)
    guard let parent = try snapshot.parent() else {
      throw CommandFailure("snapshot '\(snapshot.name)' has no parent")
    }
    return SnapshotName.result(of: parent)
  }
}
