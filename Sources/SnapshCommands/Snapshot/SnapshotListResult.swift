import Operations

/// What `snapshot-list` prints.
struct SnapshotListResult: CommandResult {
  private struct Row: Encodable {
    private enum CodingKeys: String, CodingKey {
      case name
      case isCurrent
    }

    let name: String
    let fields: SnapshotFields
    let isCurrent: Bool

    func encode(to encoder: any Encoder) throws {
      try fields.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(isCurrent, forKey: .isCurrent)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case snapshots
  }

  let domain: String
  let snapshots: [SnapshotRecord]
  /// The name of the domain's current snapshot, for programs.
  let currentName: String?
  /// The snapshot whose children are listed: a tree is drawn from it.
  let treeRoot: String?
  let layout: MomentList.Layout
  /// What people read instead of a name: the name with its marks.
  var labels: [String: String] = [:]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    let rows = snapshots.map {
      Row(name: $0.name, fields: SnapshotFields($0), isCurrent: $0.name == currentName)
    }
    try container.encode(rows, forKey: .snapshots)
  }

  func render(into text: inout TextOutput) {
    MomentList(
      rows: snapshots.map {
        MomentList.Row(
          name: $0.name, parent: $0.parent, creationTime: $0.creationTime, otherCells: [$0.state])
      }, layout: layout, treeRoot: treeRoot, otherHeadings: ["State"],
      labels: labels
    ).render(into: &text)
  }
}
