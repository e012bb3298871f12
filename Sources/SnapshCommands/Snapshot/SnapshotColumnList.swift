import Operations

/// What `snapshot-list --columns` prints: the columns that were chosen, as a table or beside a tree.
struct SnapshotColumnList: CommandResult {
  /// One snapshot.
  struct Row: Sendable {
    let details: SnapshotDetails
    let isCurrent: Bool
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case snapshots
  }

  let domain: String
  let rows: [Row]
  let columns: [SnapshotColumn]
  /// Whether the first column is a drawing.
  let isTree: Bool
  /// The snapshot whose children are listed: a tree is drawn from it.
  let treeRoot: String?
  /// What ages count from, in seconds since 1970.
  let now: Int64

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(
      rows.map { SnapshotColumnFields($0, columns: Set(columns), now: now) }, forKey: .snapshots)
  }

  func render(into text: inout TextOutput) {
    if isTree {
      renderTree(into: &text)
    } else {
      var table = TextTable(header: columns.map(\.heading))
      for row in rows { table.add(row: columns.map { cell($0, row) }) }
      table.render(into: &text)
    }
  }

  /// The names stand in a column of their own, before all others.
  private func renderTree(into text: inout TextOutput) {
    let others = columns.filter { $0 != .name }
    var table = TextTable(header: [SnapshotColumn.name.heading] + others.map(\.heading))
    let byName = Dictionary(
      rows.map { ($0.details.record.name, $0) }, uniquingKeysWith: { first, _ in first })
    let root: [(name: String, parent: String?)] = treeRoot.map { [(name: $0, parent: nil)] } ?? []
    for (name, indent) in TextTree(root + rows.map { ($0.details.record.name, $0.details.record.parent) })
      .rows
    {
      let row = byName[name]
      table.add(
        row: [indent + (row?.label ?? name)] + others.map { column in row.map { cell(column, $0) } ?? "" })
    }
    table.render(into: &text)
  }

  private func cell(_ column: SnapshotColumn, _ row: Row) -> String {
    column.cell(of: row.details, isCurrent: row.isCurrent, now: now)
  }
}

extension SnapshotColumnList.Row {
  /// The name with its marks.
  fileprivate var label: String {
    SnapshotMarks(isCurrent: isCurrent, mirrors: details.mirrors).label(of: details.record.name)
  }
}

/// What is written behind a snapshot's name where the output need not be virsh's.
struct SnapshotMarks {
  let isCurrent: Bool
  let mirrors: [SnapshotDetails.Mirror]

  /// `NAME`, `NAME (current)`, `NAME (current, mirrored)`, `NAME (mirror copying)`.
  func label(of name: String) -> String {
    var marks = isCurrent ? ["current"] : []
    if let state = mirrors.first(where: { $0.readiness != .ready })?.stateWord {
      marks.append("mirror \(state)")
    } else if !mirrors.isEmpty {
      marks.append("mirrored")
    }
    return marks.isEmpty ? name : "\(name) (\(marks.joined(separator: ", ")))"
  }
}
