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
  private static let columns = Option.text(
    "columns", namedOnly: true, completes: .words(SnapshotColumn.allCases.map(\.rawValue) + ["all"]),
    help: "show these columns, separated by commas; see the description")
  private static let pretty = Option.flag(
    "pretty", help: "on a terminal, mark the current snapshot and those with mirrors")

  /// In the order of virsh's help.
  private static let options: [any DeclaredOption] = {
    var options: [any DeclaredOption] = [DomainOption.domain, parent, roots]
    options += filters.prefix(2).map(\.option)
    options += [metadata, noMetadata] as [any DeclaredOption]
    options += filters.dropFirst(2).map(\.option)
    return options + [tree, from, current, descendants, name, topological, columns, pretty]
      as [any DeclaredOption]
  }()

  static let grammar = CommandGrammar(
    name: "snapshot-list", group: "snapshot", abstract: "List snapshots for a domain",
    discussion: """
      The snapshots of a domain, by name, as virsh lists them; or with the columns chosen by --columns:
        name, created, age, state, location, parent, children, current, disks, description
        size      room that its overlays take: what has been written since
        memory    room that the guest's memory takes
        depth     images that the snapshot's disks are made of, the most of any disk
        mirror    how the mirrors of a mirrored snapshot are: copying, ready, stopped
        missing   files of the snapshot that are not there

      Files are looked at only where a column needs it. --columns with --tree draws the names as a tree.
      """,
    options: options,
    examples: [
      ("snapsh snapshot-list guest --tree", "Draw the guest's snapshots as a tree."),
      (
        "snapsh snapshot-list guest --tree --columns age,size,depth,mirror",
        "Tell how old and how large each snapshot is, and what it stands on."
      ),
    ])

  private let arguments: ParsedArguments
  private let layout: MomentList.Layout
  private let flags: SnapshotListFlags
  private let wantsDescendants: Bool
  /// The columns to show instead of virsh's.
  private let columns: [SnapshotColumn]?

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
    columns = try arguments[Self.columns].map(SnapshotColumn.list)
  }

  /// In virsh's order, because only the first contradiction is told.
  private static func refuseContradictions(in arguments: ParsedArguments) throws {
    try arguments.refuseBoth([
      (tree, name), (parent, roots), (parent, tree), (roots, tree), (roots, from), (roots, current),
      (columns, name), (columns, parent),
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
    let isPretty =
      try arguments[Self.pretty] && session.console.output.isTerminal && columns == nil && !session.printsJSON
    var currentName: String?
    if session.printsJSON || isPretty || columns != nil, try domain.hasCurrentSnapshot() {
      currentName = try domain.currentSnapshot().name
    }
    if columns != nil || isPretty {
      let survey = try SnapshotSurvey(of: domain, aspects(isPretty: isPretty))
      let rows = try sorted(snapshots) {
        try survey.details(of: $0)
      } name: {
        $0.record.name
      }
      if let columns {
        return SnapshotColumnList(
          domain: domain.name,
          rows: rows.map { .init(details: $0, isCurrent: $0.record.name == currentName) }, columns: columns,
          isTree: layout == .tree, treeRoot: start?.name, now: LocalTime.now().seconds)
      }
      let labels = rows.map { row in
        let marks = SnapshotMarks(isCurrent: row.record.name == currentName, mirrors: row.mirrors)
        return (row.record.name, marks.label(of: row.record.name))
      }
      return SnapshotListResult(
        domain: domain.name, snapshots: rows.map(\.record), currentName: currentName, treeRoot: start?.name,
        layout: layout, labels: Dictionary(labels, uniquingKeysWith: { first, _ in first }))
    }
    return SnapshotListResult(
      domain: domain.name,
      snapshots: try sorted(snapshots) {
        try SnapshotRecord(of: $0)
      } name: {
        $0.name
      },
      currentName: currentName, treeRoot: start?.name, layout: layout)
  }

  /// What has to be looked at.
  private func aspects(isPretty: Bool) -> SnapshotSurvey.Aspects {
    guard let columns else { return isPretty ? .mirrors : [] }
    let marks: SnapshotSurvey.Aspects = layout == .tree ? .mirrors : []
    return columns.reduce(marks) { $0.union($1.aspects) }
  }

  /// What is known of each snapshot, by name unless libvirt's order is wanted; one that has gone away since it was
  /// listed is left out.
  private func sorted<Row>(
    _ snapshots: [DomainSnapshot], read: (DomainSnapshot) throws -> Row, name: (Row) -> String
  ) throws -> [Row] {
    var rows: [Row] = []
    for snapshot in snapshots {
      do {
        rows.append(try read(snapshot))
      } catch let error as LibvirtError where error.code == .noDomainSnapshot {
        continue
      }
    }
    guard !flags.contains(.topological) else { return rows }
    return rows.sorted { isOrderedBefore(name($0), name($1)) }
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
}
