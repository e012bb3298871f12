import CommandGrammar
import Libvirt
import Operations

/// `snapshot-list DOMAIN`: the snapshots of a domain, filtered, as a table, as names or as a tree.
struct SnapshotListCommand: VirshCommand {
  private static let parent = Option.flag("parent", help: "add a column showing parent snapshot")
  private static let roots = Option.flag("roots", help: "list only snapshots without parents")
  private static let metadata = Option.flag(
    "metadata", help: "list only snapshots that have metadata that would prevent undefine")
  private static let noMetadata = Option.flag(
    "no-metadata", help: "list only snapshots that have no metadata managed by libvirt")
  /// Filters that would tear a tree apart.
  private static let filters: [(option: Option<Bool>, flag: SnapshotListFlags)] = [
    (.flag("leaves", help: "list only snapshots without children"), .leaves),
    (.flag("no-leaves", help: "list only snapshots that are not leaves (with children)"), .noLeaves),
    (.flag("inactive", help: "filter by snapshots taken while inactive"), .inactive),
    (
      .flag("active", help: "filter by snapshots taken while active (full system snapshots)"), .active
    ),
    (.flag("disk-only", help: "filter by disk-only snapshots"), .diskOnly),
    (.flag("internal", help: "filter by internal snapshots"), .internal),
    (.flag("external", help: "filter by external snapshots"), .external),
  ]
  private static let tree = Option.flag("tree", help: "list snapshots in a tree")
  private static let from = Option.text(
    "from", completes: .snapshot, help: "limit list to children of given snapshot")
  private static let current = Option.flag("current", help: "limit list to children of current snapshot")
  private static let descendants = Option.flag("descendants", help: "with --from, list all descendants")
  private static let name = Option.flag("name", help: "list snapshot names only")
  private static let topological = Option.flag(
    "topological", help: "sort list topologically rather than by name")

  /// In the order of virsh's help.
  private static let options: [any DeclaredOption] = {
    var options: [any DeclaredOption] = [DomainOption.domain, parent, roots]
    options += filters.prefix(2).map(\.option)
    options += [metadata, noMetadata] as [any DeclaredOption]
    options += filters.dropFirst(2).map(\.option)
    return options + [tree, from, current, descendants, name, topological] as [any DeclaredOption]
  }()

  static let grammar = CommandGrammar(
    name: "snapshot-list", group: "snapshot", abstract: "List snapshots for a domain",
    discussion: "Snapshot List",
    options: options,
    examples: [("snapshot-list guest --tree", "Draw the guest's snapshots as a tree.")])

  private let arguments: ParsedArguments
  private let layout: MomentList.Layout
  private let flags: SnapshotListFlags
  private let wantsDescendants: Bool

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    try Self.refuseContradictions(in: arguments)
    layout =
      try arguments[Self.tree]
      ? .tree : arguments[Self.name] ? .names : .table(showsParent: arguments[Self.parent])
    var flags: SnapshotListFlags = []
    if try arguments[Self.roots] { flags.insert(.roots) }
    if try arguments[Self.metadata] { flags.insert(.metadata) }
    if try arguments[Self.noMetadata] { flags.insert(.noMetadata) }
    if try arguments[Self.topological] { flags.insert(.topological) }
    for filter in Self.filters where try arguments[filter.option] { flags.insert(filter.flag) }
    self.flags = flags
    wantsDescendants = try arguments[Self.descendants]
  }

  /// In virsh's order, because only the first contradiction is told.
  private static func refuseContradictions(in arguments: ParsedArguments) throws {
    try arguments.refuseBoth([
      (tree, name), (parent, roots), (parent, tree), (roots, tree), (roots, from), (roots, current),
    ])
    try arguments.refuseFilters(filters.map(\.option), besides: tree)
    func given(_ option: any DeclaredOption) -> Bool { arguments.isGiven(option) }
    if given(descendants) && !given(from) && !given(current) {
      throw CommandFailure("--descendants requires either --from or --current")
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let start = try start(in: domain)
    let snapshots =
      try start.map { try $0.children(wantsDescendants ? flags.union(.descendants) : flags) }
      ?? domain.snapshots(flags)
    var rows = try snapshots.compactMap { try row(of: $0) }
    if !flags.contains(.topological) {
      rows.sort { isOrderedBefore($0.name, $1.name) }
    }
    var currentName: String?
    if session.printsJSON, try domain.hasCurrentSnapshot() {
      currentName = try domain.currentSnapshot().name
    }
    return SnapshotListResult(
      domain: domain.name, snapshots: rows, currentName: currentName, treeRoot: start?.name, layout: layout)
  }

  /// The snapshot whose children are listed; none for all of the domain's.
  private func start(in domain: Domain) throws -> DomainSnapshot? {
    let isCurrent = try arguments[Self.current]
    if isCurrent && arguments.isGiven(Self.from) {
      throw CommandFailure("--from and --current are mutually exclusive")
    }
    if isCurrent { return try domain.currentSnapshot() }
    return try arguments[Self.from].map { try domain.snapshot(named: $0) }
  }

  /// A snapshot's row; none for one that has gone away since it was listed.
  private func row(of snapshot: DomainSnapshot) throws -> SnapshotRecord? {
    do {
      return try SnapshotRecord(of: snapshot)
    } catch let error as LibvirtError where error.code == .noDomainSnapshot {
      return nil
    }
  }
}
