/// A list of snapshots or of checkpoints, as a table, as names, or as a tree.
///
/// libvirt calls both of them moments of a domain.
struct MomentList {
  /// The shapes of a list.
  enum Layout: Equatable {
    /// A table, with the parent in its last column where asked.
    case table(showsParent: Bool)
    /// Names, a line each.
    case names
    /// A drawing.
    case tree
  }

  /// One snapshot or checkpoint.
  struct Row {
    let name: String
    let parent: String?
    /// In seconds since 1970.
    let creationTime: Int64
    /// What stands between the time and the parent.
    var otherCells: [String] = []
  }

  let rows: [Row]
  let layout: Layout
  /// The moment whose children are listed: a tree is drawn from it.
  var treeRoot: String?
  /// The headings of ``Row/otherCells``.
  var otherHeadings: [String] = []
  /// What is written instead of a name in tables and trees.
  var labels: [String: String] = [:]

  func render(into text: inout TextOutput) {
    switch layout {
    case .names:
      for row in rows { text.print(row.name + "\n") }
    case .tree:
      let root: [(name: String, parent: String?)] = treeRoot.map { [(name: $0, parent: nil)] } ?? []
      text.print(TextTree(root + rows.map { ($0.name, $0.parent) }, labels: labels).text)
    case .table(let showsParent):
      var table = TextTable(
        header: ["Name", "Creation Time"] + otherHeadings + (showsParent ? ["Parent"] : []))
      for row in rows {
        let parent = showsParent ? [row.parent ?? ""] : []
        let name = labels[row.name] ?? row.name
        table.add(row: [name, LocalTime(seconds: row.creationTime).text] + row.otherCells + parent)
      }
      table.render(into: &text)
    }
  }
}
