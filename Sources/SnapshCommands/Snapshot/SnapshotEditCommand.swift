import CommandGrammar
import Libvirt
import Operations

/// `snapshot-edit DOMAIN SNAPSHOT`: a snapshot's document in an editor.
struct SnapshotEditCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption()
  private static let current = SnapshotSelector.currentOption(help: "also set edited snapshot as current")
  private static let rename = Option.flag("rename", help: "allow renaming an existing snapshot")
  private static let clone = Option.flag("clone", help: "allow cloning to new name")

  static let grammar = CommandGrammar(
    name: "snapshot-edit", group: "snapshot", abstract: "edit XML for a snapshot",
    discussion: "Edit the domain snapshot XML for a named snapshot",
    options: [DomainOption.domain, name, current, rename, clone],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh snapshot-edit guest before-upgrade", "Change what is written down of a snapshot.")])

  private let arguments: ParsedArguments
  private let renames: Bool
  private let clones: Bool

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    renames = try arguments[Self.rename]
    clones = try arguments[Self.clone]
    if renames && clones { throw ArgumentError.mutuallyExclusive("--rename", "--clone") }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let name = try arguments[Self.name]
    let isCurrentWanted = try arguments[Self.current]
    guard name != nil || isCurrentWanted else {
      throw CommandFailure("--snapshotname or --current is required")
    }
    let snapshot = try name.map { try domain.snapshot(named: $0) } ?? domain.currentSnapshot()
    let makesCurrent = name != nil && isCurrentWanted
    try session.waitForOtherJob(of: domain)
    return try edit(snapshot, makesCurrent: makesCurrent, in: session)
  }

  private func edit(
    _ snapshot: DomainSnapshot, makesCurrent: Bool, in session: Session
  ) throws -> any CommandResult {
    let old = snapshot.name
    let failure = "Failed to update \(old)"
    let original: String
    do {
      original = try snapshot.xml(.secure)
    } catch {
      throw CommandFailure(failure, cause: error)
    }
    var new = old
    let edit = DocumentEdit(failure: failure, session: session)
    let changed = try edit.run(
      original, alwaysDefines: makesCurrent, current: { try snapshot.xml(.secure) },
      define: { xml in
        new = try SnapshotRedefinition.redefine(
          snapshot, as: xml, naming: renames ? .moves : clones ? .copies : .stays,
          makingCurrent: makesCurrent
        ).name
      })
    let sentence =
      !changed
      ? "Snapshot \(old) XML configuration not changed.\n"
      : new == old ? "Snapshot \(old) edited.\n" : clones ? "Snapshot \(old) cloned to \(new).\n" : ""
    let action = !changed ? "none" : new == old ? "edited" : clones ? "cloned" : "renamed"
    return Sentence(
      sentence,
      fields: SnapshotAction(domain: snapshot.domain.name, snapshot: new, action: action))
  }
}
