/// Manual pages in roff, made from the grammar: one page for each command, and one for the tool.
///
/// The macros are those of man(7); the output holds no date, so that the same grammar gives the same bytes.
public struct ManPage: Sendable {
  /// The page's file name, as `snapsh-snapshot-list.1`.
  public let fileName: String
  /// The page in roff.
  public let text: String

  /// The page of one command.
  ///
  /// - Parameters:
  ///   - command: The command's grammar.
  ///   - tool: The program's name.
  ///   - version: The program's version, for the footer.
  public init(of command: CommandGrammar, tool: String, version: String) {
    let name = "\(tool)-\(command.name.replacing(" ", with: "-"))"
    var page = Roff()
    page.title(name, tool: tool, version: version)
    page.section("NAME")
    page.line("\(Roff.escaped(name)) \\- \(Roff.escaped(command.abstract))")
    page.section("SYNOPSIS")
    page.line(".B \(tool)")
    page.line("[\\fIoptions\\fR] \(Roff.escaped(HelpText.synopsis(of: command)))")
    page.section("DESCRIPTION")
    page.paragraphs(command.discussion)
    page.options(command.options)
    page.section("EXIT STATUS")
    for (status, meaning) in command.allExitStatuses { page.item(String(status), meaning) }
    page.examples(command.examples)
    page.section("JSON")
    page.line("What \\-\\-json prints is described by the JSON Schema")
    page.line(".I share/doc/\(tool)/schemas/\(Roff.escaped(command.schemaFileName))")
    page.section("SEE ALSO")
    page.line(".BR \(tool) (1)")
    fileName = name + ".1"
    text = page.text
  }

  /// The page of the tool itself: what it is, its global options, and its commands by group.
  ///
  /// - Parameters:
  ///   - table: All commands.
  ///   - tool: The program's name.
  ///   - version: The program's version, for the footer.
  ///   - abstract: What the tool is, in one line.
  ///   - options: The global options, each as it is written and with its help.
  public init(
    of table: CommandTable, tool: String, version: String, abstract: String,
    options: [(form: String, help: String)]
  ) {
    var page = Roff()
    page.title(tool, tool: tool, version: version)
    page.section("NAME")
    page.line("\(tool) \\- \(Roff.escaped(abstract))")
    page.section("SYNOPSIS")
    page.line(".B \(tool)")
    page.line("[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]")
    page.line(".br")
    page.line(".B \(tool)")
    page.line("[\\fIoptions\\fR] '\\fIcommand\\fR; \\fIcommand\\fR...'")
    page.section("OPTIONS")
    for option in options { page.item(String(option.form.trimmingPrefix { $0 == " " }), option.help) }
    for group in table.groups {
      page.section(group.title.uppercased())
      for command in table.commands where command.group == group.keyword {
        page.item(command.name, command.abstract)
      }
    }
    fileName = tool + ".1"
    text = page.text
  }
}

/// Text with man(7) macros as it is put together.
private struct Roff {
  private(set) var text = ""

  /// Text in which roff sees neither escapes nor requests.
  static func escaped(_ plain: some StringProtocol) -> String {
    let escaped = String(plain).replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }

  mutating func line(_ line: String) {
    text += line + "\n"
  }

  mutating func title(_ name: String, tool: String, version: String) {
    line(".TH \(Self.escaped(name.uppercased())) 1 \"\" \"\(tool) \(version)\" \"\(tool) manual\"")
  }

  mutating func section(_ title: String) {
    line(".SH \(Self.escaped(title))")
  }

  mutating func item(_ term: String, _ explanation: String) {
    line(".TP")
    line("\\fB\(Self.escaped(term))\\fR")
    for part in explanation.split(separator: "\n") { line(Self.escaped(part)) }
  }

  mutating func paragraphs(_ plain: String) {
    var isList = false
    for part in plain.split(separator: "\n", omittingEmptySubsequences: false) {
      // Lines that are set in are a list or a table: roff would run them together.
      if part.hasPrefix("  ") != isList {
        isList.toggle()
        if isList { line(".PP") }
        line(isList ? ".nf" : ".fi")
        if !isList && !part.isEmpty { line(".PP") }
      }
      line(part.isEmpty ? ".PP" : Self.escaped(part))
    }
    if isList { line(".fi") }
  }

  mutating func options(_ options: [OptionGrammar]) {
    guard !options.isEmpty else { return }
    section("OPTIONS")
    for option in options { item(HelpText.form(of: option), option.help) }
  }

  mutating func examples(_ examples: [(line: String, purpose: String)]) {
    guard !examples.isEmpty else { return }
    section("EXAMPLES")
    for (index, example) in examples.enumerated() {
      if index > 0 { line(".PP") }
      line(Self.escaped(example.purpose))
      line(".PP")
      line(".nf")
      line(".RS 4")
      line(Self.escaped(example.line))
      line(".RE")
      line(".fi")
    }
  }
}
