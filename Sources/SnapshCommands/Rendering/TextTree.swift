/// A forest of names as virsh draws it.
struct TextTree {
  /// Each name's children, in the order in which they are drawn.
  private let children: [String: [String]]
  /// Names without a parent, or with one that is not drawn.
  private let roots: [String]
  /// What is written instead of a name.
  private let labels: [String: String]

  init(_ nodes: [(name: String, parent: String?)], labels: [String: String] = [:]) {
    self.labels = labels
    let known = Set(nodes.map(\.name))
    var children: [String: [String]] = [:]
    var roots: [String] = []
    for node in nodes {
      if let parent = node.parent, known.contains(parent) {
        children[parent, default: []].append(node.name)
      } else {
        roots.append(node.name)
      }
    }
    self.children = children
    self.roots = roots
  }

  /// The drawing; a closing line follows the last leaf of each row of siblings, blanks at its end included, as virsh's do.
  var text: String {
    roots.map(draw).joined()
  }

  /// One name still to be drawn: the indent before its children, and whether it is the last of its siblings.
  private struct Pending {
    let name: String
    let indent: String
    let isRoot: Bool
    let isLast: Bool
  }

  /// Draws one tree without recursion: a chain of snapshots may be deeper than the stack.
  private func draw(_ root: String) -> String {
    var text = ""
    var stack = [Pending(name: root, indent: "", isRoot: true, isLast: true)]
    while let node = stack.popLast() {
      let label = labels[node.name] ?? node.name
      text += node.isRoot ? label + "\n" : node.indent + "+- " + label + "\n"
      // The bar beside the children of a name goes on only while that name has siblings to come.
      let below = node.indent + (node.isRoot ? "  " : node.isLast ? "    " : "|   ")
      let next = children[node.name] ?? []
      if !next.isEmpty { text += below + "|\n" }
      if next.isEmpty && node.isLast { text += node.isRoot ? "\n" : node.indent + "  \n" }
      for (index, child) in next.enumerated().reversed() {
        stack.append(
          Pending(name: child, indent: below, isRoot: false, isLast: index == next.count - 1))
      }
    }
    return text
  }

  /// The same forest for the first column of a table: a line for each name, and none besides.
  ///
  /// - Returns: Every name in the order in which it is drawn, with what stands before it.
  var rows: [(name: String, indent: String)] {
    var rows: [(name: String, indent: String)] = []
    var stack = roots.reversed().map { Pending(name: $0, indent: "", isRoot: true, isLast: true) }
    while let node = stack.popLast() {
      rows.append((node.name, node.isRoot ? "" : node.indent + "+- "))
      let below = node.indent + (node.isRoot ? " " : node.isLast ? "   " : "|  ")
      let next = children[node.name] ?? []
      for (index, child) in next.enumerated().reversed() {
        stack.append(Pending(name: child, indent: below, isRoot: false, isLast: index == next.count - 1))
      }
    }
    return rows
  }
}
