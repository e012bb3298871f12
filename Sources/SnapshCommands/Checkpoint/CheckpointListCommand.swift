import CommandGrammar
import Libvirt
import Operations

/// `checkpoint-list DOMAIN`: the checkpoints of a domain, filtered, as a table, as names or as a tree.
struct CheckpointListCommand: VirshCommand {
  private static let parent = Option.flag("parent", help: "add a column of their parents")
  private static let roots = Option.flag("roots", help: "only those without parents")
  private static let leaves = Option.flag("leaves", help: "only those without children")
  private static let noLeaves = Option.flag("no-leaves", help: "only those with children")
  private static let tree = Option.flag("tree", help: "draw them as a tree")
  private static let from = Option.text(
    "from", completes: .checkpoint, help: "only the children of this checkpoint")
  private static let descendants = Option.flag("descendants", help: "with --from, all below it")
  private static let name = Option.flag("name", help: "names alone, a line each")
  private static let topological = Option.flag("topological", help: "parents before their children")

  static let grammar = CommandGrammar(
    name: "checkpoint-list", group: "checkpoint", abstract: "List checkpoints for a domain",
    discussion: "Lists a domain's checkpoints, by name unless asked otherwise.",
    options: [
      DomainOption.domain, parent, roots, leaves, noLeaves, tree, from, descendants, name, topological,
    ],
    examples: [("snapsh checkpoint-list guest --tree", "Draw the guest's checkpoints as a tree.")])

  private let arguments: ParsedArguments
  private let layout: MomentList.Layout
  private let flags: CheckpointListFlags

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    try arguments.refuseBoth([
      (Self.tree, Self.name), (Self.parent, Self.roots), (Self.parent, Self.tree), (Self.roots, Self.tree),
      (Self.roots, Self.from),
    ])
    try arguments.refuseFilters([Self.leaves, Self.noLeaves], besides: Self.tree)
    if arguments.isGiven(Self.descendants) && !arguments.isGiven(Self.from) {
      throw CommandFailure("--descendants requires --from")
    }
    layout =
      try arguments[Self.tree]
      ? .tree : arguments[Self.name] ? .names : .table(showsParent: arguments[Self.parent])
    var flags: CheckpointListFlags = []
    if try arguments[Self.roots] { flags.insert(.roots) }
    if try arguments[Self.leaves] { flags.insert(.leaves) }
    if try arguments[Self.noLeaves] { flags.insert(.noLeaves) }
    if try arguments[Self.topological] { flags.insert(.topological) }
    if try arguments[Self.descendants] { flags.insert(.descendants) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let start = try arguments[Self.from].map { try domain.checkpoint(named: $0) }
    let checkpoints = try start.map { try $0.children(flags) } ?? domain.checkpoints(flags)
    var records = try checkpoints.compactMap { try record(of: $0) }
    if !flags.contains(.topological) {
      records.sort { isOrderedBefore($0.name, $1.name) }
    }
    return CheckpointListResult(
      domain: domain.name, checkpoints: records, treeRoot: start?.name, layout: layout)
  }

  /// A checkpoint's record; none for one that has gone away since it was listed.
  private func record(of checkpoint: DomainCheckpoint) throws -> CheckpointRecord? {
    do {
      return try CheckpointRecord(of: checkpoint)
    } catch let error as LibvirtError where error.code == .noDomainCheckpoint {
      return nil
    }
  }
}

/// What `checkpoint-list` prints.
struct CheckpointListResult: CommandResult {
  private struct Row: Encodable {
    private enum CodingKeys: String, CodingKey {
      case name
    }

    let record: CheckpointRecord

    func encode(to encoder: any Encoder) throws {
      try CheckpointFields(record).encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(record.name, forKey: .name)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case checkpoints
  }

  let domain: String
  let checkpoints: [CheckpointRecord]
  /// The checkpoint whose children are listed: a tree is drawn from it.
  let treeRoot: String?
  let layout: MomentList.Layout

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(checkpoints.map(Row.init), forKey: .checkpoints)
  }

  func render(into text: inout TextOutput) {
    MomentList(
      rows: checkpoints.map {
        MomentList.Row(name: $0.name, parent: $0.parent, creationTime: $0.creationTime)
      }, layout: layout, treeRoot: treeRoot
    ).render(into: &text)
  }
}
