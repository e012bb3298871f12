import Testing

@testable import CommandGrammar

@Suite("Manual pages come from the grammar")
struct ManPageTests {
  private static let grammar = CommandGrammar(
    name: "vma create", group: "archive", abstract: "make an archive",
    discussion: ".first line\n\nC:\\path stays",
    options: [
      Option.required("file", help: "the archive"), Option.flag("verbose", letter: "v", help: "say more"),
    ],
    exitStatuses: [2: "some input could not be read"],
    examples: [("snapsh vma create a.vma", "an empty one"), ("snapsh vma create b.vma", "another")])

  @Test("a command's page has its sections in order, and no word of it is taken for a macro")
  func page() {
    let page = ManPage(of: Self.grammar, tool: "snapsh", version: "1.0")
    #expect(page.fileName == "snapsh-vma-create.1")
    let sections = page.text.split(separator: "\n").filter { $0.hasPrefix(".SH") }
    #expect(
      sections == [
        ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXIT STATUS", ".SH EXAMPLES",
        ".SH JSON", ".SH SEE ALSO",
      ])
    #expect(page.text.contains("\n\\&.first line\n.PP\nC:\\epath stays\n"))
    #expect(page.text.contains("\\fB\\-v|\\-\\-verbose\\fR\nsay more\n"))
    #expect(page.text.contains("\\fB0\\fR\nsuccess\n"))
    #expect(page.text.contains("\\fB2\\fR\nsome input could not be read\n"))
    #expect(page.text.contains("an empty one\n.PP\n.nf\n.RS 4\nsnapsh vma create a.vma\n.RE\n.fi\n"))
  }

  @Test("lines that are set in stay lines of their own")
  func lists() {
    let page = ManPage(
      of: CommandGrammar(
        name: "echo", group: "archive", abstract: "say",
        discussion: "Takes\n  one    of these\n  -two   or that\nand no more.\n  last"),
      tool: "snapsh", version: "1.0")
    #expect(
      page.text.contains(
        "\nTakes\n.PP\n.nf\n  one    of these\n  \\-two   or that\n.fi\n.PP\nand no more.\n.PP\n.nf\n  last\n.fi\n"
      ))
  }

  @Test("the tool's page lists every command under its group")
  func toolPage() {
    let table = CommandTable(
      groups: [CommandGroup(keyword: "archive", title: "VMA archives")], commands: [Self.grammar])
    let page = ManPage(
      of: table, tool: "snapsh", version: "1.0", abstract: "a tool", options: [(form: "-q", help: "quiet")])
    #expect(page.fileName == "snapsh.1")
    #expect(page.text.contains(".SH VMA ARCHIVES\n.TP\n\\fBvma create\\fR\nmake an archive\n"))
    #expect(page.text.contains("\\fB\\-q\\fR\nquiet\n"))
  }
}
