import Testing

@testable import SnapshCommands

@Suite("A table is laid out as virsh's")
struct TextTableTests {
  private func text(quiet: Bool = false, _ header: [String], _ rows: [[String]]) -> String {
    var table = TextTable(header: header)
    for row in rows { table.add(row: row) }
    var output = TextOutput(isQuiet: quiet)
    table.render(into: &output)
    return output.text
  }

  @Test("columns are as wide as their widest cell, and the last one is not padded")
  func widths() {
    #expect(
      text(["Id", "Name"], [["1", "a long name"], ["-", "b"]])
        == " Id   Name\n-------------------\n 1    a long name\n -    b\n")
  }

  @Test("an empty table is its header")
  func empty() {
    #expect(text(["Target", "Source"], []) == " Target   Source\n------------------\n")
    #expect(text(quiet: true, ["Target", "Source"], []).isEmpty)
  }

  @Test("an empty last cell keeps the gap before it")
  func emptyLastCell() {
    #expect(text(quiet: true, ["A", "B"], [["x", ""]]) == " x   \n")
  }

  @Test("without a header its widths do not count")
  func quiet() {
    #expect(text(quiet: true, ["Long heading", "B"], [["x", "y"], ["zz", "w"]]) == " x    y\n zz   w\n")
  }

  @Test("wide and combining characters take the columns they have on a terminal")
  func wideCharacters() {
    #expect(
      text(quiet: true, ["A", "B"], [["漢字", "1"], ["e\u{301}", "2"], ["abcd", "3"]])
        == " 漢字   1\n e\u{301}      2\n abcd   3\n")
  }
}

@Suite("Text is made fit for a terminal")
struct PrintableTextTests {
  @Test(
    "what cannot be printed is escaped byte by byte",
    arguments: [
      ("plain", "plain", 5), ("tab\tx", #"tab\x09x"#, 8), ("\u{7F}", #"\x7f"#, 4),
      ("a\u{2028}b", #"a\xe2\x80\xa8b"#, 14), ("nel\u{85}", #"nel\xc2\x85"#, 11),
      (#"a\x41"#, #"a\x5cx41"#, 8), (#"back\slash"#, #"back\slash"#, 10), ("é", "é", 1), ("漢", "漢", 2),
      ("", "", 0),
    ])
  func escapes(original: String, text: String, width: Int) {
    let printable = PrintableText(original)
    #expect(printable.text == text)
    #expect(printable.width == width)
  }
}
