import Testing

@testable import SnapshCommands

@Suite("A forest is drawn as virsh draws it, blanks at line ends included")
struct TextTreeTests {
  @Test("branches, last branches and several roots")
  func branches() {
    let tree = TextTree([
      ("base", nil), ("left", "base"), ("left-1", "left"), ("left-2", "left"), ("right", "base"),
      ("alone", nil),
    ])
    #expect(
      tree.text
        == [
          "base", "  |", "  +- left", "  |   |", "  |   +- left-1", "  |   +- left-2", "  |     ",
          "  +- right",
          "    ", "alone", "", "",
        ].joined(separator: "\n"))
  }

  @Test("a chain goes ever deeper, and no deeper than memory allows")
  func chain() {
    let short = TextTree([("a", nil), ("b", "a"), ("c", "b")])
    #expect(short.text == "a\n  |\n  +- b\n      |\n      +- c\n        \n")
    let long = TextTree((0..<3_000).map { ("\($0)", $0 == 0 ? nil : "\($0 - 1)") })
    #expect(long.text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "+") ? 1 : 0) } == 2_999)
  }

  @Test("a name whose parent is not drawn is a root")
  func filtered() {
    #expect(TextTree([("b", "a"), ("c", "b")]).text == "b\n  |\n  +- c\n    \n")
    #expect(TextTree([]).text.isEmpty)
  }

  @Test("siblings stay in the order they are given in")
  func order() {
    #expect(TextTree([("a", nil), ("z", "a"), ("b", "a")]).text == "a\n  |\n  +- z\n  +- b\n    \n")
  }

  @Test("a label is drawn instead of its name")
  func labels() {
    #expect(
      TextTree([("a", nil), ("b", "a")], labels: ["b": "b (current)"]).text
        == "a\n  |\n  +- b (current)\n    \n")
  }

  @Test("in a table each name has a line of its own, and no other line is drawn")
  func rows() {
    let tree = TextTree([
      ("base", nil), ("left", "base"), ("left-1", "left"), ("left-2", "left"), ("right", "base"),
      ("right-1", "right"), ("alone", nil),
    ])
    #expect(
      tree.rows.map { $0.indent + $0.name } == [
        "base", " +- left", " |  +- left-1", " |  +- left-2", " +- right", "    +- right-1", "alone",
      ])
  }
}
