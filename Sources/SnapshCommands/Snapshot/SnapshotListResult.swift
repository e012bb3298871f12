import Operations

/// What `snapshot-list` prints.
struct SnapshotListResult: CommandResult {
  /// The shapes of the text rendering.
  enum Layout: Equatable {
    /// Name, time and state, and the parent where asked.
    case table(showsParent: Bool)
    /// Names, a line each.
    case names
    /// A drawing.
    case tree
  }

  private struct Row: Encodable {
    private enum CodingKeys: String, CodingKey {
      case isCurrent
    }

    let fields: SnapshotFields
    let isCurrent: Bool

    func encode(to encoder: any Encoder) throws {
      try fields.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
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
  let layout: Layout

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    let rows = snapshots.map {
      Row(fields: SnapshotFields($0), isCurrent: $0.name == currentName)
    }
    try container.encode(rows, forKey: .snapshots)
  }

  func render(into text: inout TextOutput) {
    switch layout {
    case .names:
      for snapshot in snapshots { text.print(snapshot.name + "\n") }
    case .tree:
      let root: [(name: String, parent: String?)] = treeRoot.map { [(name: $0, parent: nil)] } ?? []
      text.print(TextTree(root + snapshots.map { ($0.name, $0.parent) }).text)
    case .table(let showsParent):
      var table = TextTable(
        header: ["Name", "Creation Time", "State"] + (showsParent ? ["Parent"] : []))
      for snapshot in snapshots {
        let time = LocalTime(seconds: snapshot.creationTime).text
        let parent = showsParent ? [snapshot.parent ?? ""] : []
        table.add(row: [snapshot.name, time, snapshot.state] + parent)
      }
      table.render(into: &text)
    }
  }
}
