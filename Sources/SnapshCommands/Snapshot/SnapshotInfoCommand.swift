import CommandGrammar
import Libvirt
import Operations

/// `snapshot-info DOMAIN SNAPSHOT`: what there is to know of a snapshot at a glance.
struct SnapshotInfoCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption()
  private static let current = SnapshotSelector.currentOption(help: "info on current snapshot")

  static let grammar = CommandGrammar(
    name: "snapshot-info", group: "snapshot", abstract: "snapshot information",
    discussion: "Returns basic information about a snapshot.", options: [DomainOption.domain, name, current],
    examples: [("snapsh snapshot-info guest --current", "Describe the guest's current snapshot.")])

  private let domain: String
  private let selector: SnapshotSelector

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    selector = SnapshotSelector(arguments, name: Self.name, current: Self.current)
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let snapshot = try selector.snapshot(of: domain)
    return SnapshotInfoResult(
      domain: domain.name, record: try SnapshotRecord(of: snapshot), isCurrent: try snapshot.isCurrent(),
      childCount: try snapshot.childCount(), descendantCount: try snapshot.childCount(.descendants),
      hasMetadata: try snapshot.hasMetadata(),
      mirrors: try MirrorRecords.read(of: domain, snapshot: snapshot.name).map { record in
        try MirrorState.all(of: record, on: domain).map(SnapshotMirror.init)
      })
  }
}

/// What `snapshot-info` prints.
struct SnapshotInfoResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case snapshot
    case isCurrent
    case childCount
    case descendantCount
    case hasMetadata
    case mirrors
  }

  let domain: String
  let record: SnapshotRecord
  let isCurrent: Bool
  let childCount: Int
  let descendantCount: Int
  let hasMetadata: Bool
  /// The mirrored disks; absent for a snapshot that is not mirrored.
  let mirrors: [SnapshotMirror]?

  func encode(to encoder: any Encoder) throws {
    try SnapshotFields(record).encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(record.name, forKey: .snapshot)
    try container.encode(isCurrent, forKey: .isCurrent)
    try container.encode(childCount, forKey: .childCount)
    try container.encode(descendantCount, forKey: .descendantCount)
    try container.encode(hasMetadata, forKey: .hasMetadata)
    try container.encodeIfPresent(mirrors, forKey: .mirrors)
  }

  func render(into text: inout TextOutput) {
    LabelledLines(
      [
        ("Name:", record.name), ("Domain:", domain), ("Current:", isCurrent ? "yes" : "no"),
        ("State:", record.state), ("Location:", record.location.rawValue), ("Parent:", record.parent ?? "-"),
        ("Children:", String(childCount)), ("Descendants:", String(descendantCount)),
        ("Metadata:", hasMetadata ? "yes" : "no"),
      ] + (mirrors ?? []).map { ("Mirror \($0.target):", "\($0.file) (\($0.text))") }
    ).render(into: &text)
  }
}

/// A mirrored disk of a snapshot.
struct SnapshotMirror: Encodable, Sendable {
  private enum CodingKeys: String, CodingKey {
    case target, file, state, percent
  }

  /// The guest's name for it.
  let target: String
  /// The file on the second storage.
  let file: String
  /// `catching-up`, `ready`, `pivoted`, `broken`, `merged`, or `elsewhere`.
  let state: String
  /// Whole percents done; absent unless it catches up.
  let percent: Int?
  /// The same for people.
  let text: String

  init(disk: MirrorRecord.Disk, path: String, state: MirrorState) {
    target = disk.target
    file = path
    text = state.description
    var percent: Int?
    switch state {
    case .catchingUp(let done):
      self.state = "catching-up"
      percent = done
    case .ready: self.state = "ready"
    case .pivoted: self.state = "pivoted"
    case .broken: self.state = "broken"
    case .merged: self.state = "merged"
    case .elsewhere: self.state = "elsewhere"
    }
    self.percent = percent
  }
}
