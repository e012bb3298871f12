import Testing

@testable import CommandGrammar

@Suite("Words become arguments by the command's grammar")
struct CommandParserTests {
  private static let domain = Option.required("domain", help: "domain name, id or uuid")
  private static let from = Option.text("from", help: "limit list to children of given snapshot")
  private static let tree = Option.flag("tree", help: "list snapshots in a tree")
  private static let depth = Option.number("depth", help: "how deep")
  private static let specs = Option.repeated("diskspec", help: "disk attributes")
  private static let config = Option.repeated("config", letter: "c", namedOnly: true, help: "config file")
  private static let verbose = Option.flag("verbose", letter: "v", help: "say more")
  private static let size = Option.text("size", namedOnly: true, help: "only by its name")

  private static let table = CommandTable(
    groups: [CommandGroup(keyword: "test", title: "Test")],
    commands: [
      CommandGrammar(
        name: "show", group: "test", abstract: "show", options: [domain, from, tree, depth, size, specs]),
      CommandGrammar(
        name: "vma create", group: "test", abstract: "create", options: [config, verbose, specs]),
      CommandGrammar(name: "vma list", group: "test", abstract: "list"),
    ])

  private func parse(_ words: String...) throws -> ParsedArguments {
    try Self.table.parse(words).arguments
  }

  @Test("words that stand alone fill the options in order, the rest goes to the repeated one")
  func positions() throws {
    let arguments = try parse("show", "--tree", "g1", "s1", "3", "a", "b")
    #expect(try arguments[Self.domain] == "g1")
    #expect(try arguments[Self.from] == "s1")
    #expect(try arguments[Self.tree])
    #expect(try arguments[Self.depth] == 3)
    #expect(try arguments[Self.specs] == ["a", "b"])
    #expect(try arguments[Self.size] == nil)
  }

  @Test("a value may follow its option's name or an equals sign, and may look like an option")
  func namedValues() throws {
    let arguments = try parse("show", "--from=s=1", "--domain", "--tree")
    #expect(try arguments[Self.domain] == "--tree")
    #expect(try arguments[Self.from] == "s=1")
    #expect(try !arguments[Self.tree])
  }

  @Test("two dashes end the options")
  func endOfOptions() throws {
    #expect(try parse("show", "--", "--tree")[Self.domain] == "--tree")
  }

  @Test("letters, joined letters and values behind them are taken where a command declares letters")
  func letters() throws {
    let arguments = try parse("vma create", "-vcone", "-c", "two", "out.vma")
    #expect(try arguments[Self.verbose])
    #expect(try arguments[Self.config] == ["one", "two"])
    #expect(try arguments[Self.specs] == ["out.vma"])
    #expect(try parse("vma", "create", "-")[Self.specs] == ["-"])
  }

  @Test("a command without letters takes a word with one dash as a value")
  func oneDash() throws {
    #expect(try parse("show", "-x")[Self.domain] == "-x")
  }

  @Test("--help asks for help even where a required option is missing")
  func help() throws {
    #expect(try Self.table.parse(["show", "--help"]).wantsHelp)
  }

  @Test(
    "each mistake has virsh's words",
    arguments: [
      (["nosuch"], ["unknown command: 'nosuch'"]),
      (["show"], ["command 'show' requires <domain> option"]),
      (["show", "g1", "--bogus"], ["command 'show' doesn't support option --bogus"]),
      (["show", "g1", "--from"], ["expected syntax: --from <string>"]),
      (["show", "g1", "--depth"], ["expected syntax: --depth <number>"]),
      (["show", "g1", "--tree=1"], ["invalid '=' after option --tree"]),
      (["show", "g1", "--tree", "--tree"], ["option --tree already seen"]),
      (["vma list", "x"], ["unexpected data 'x'"]),
      (["vma", "create", "-x"], ["command 'vma create' doesn't support option -x"]),
      (["vma"], ["command 'vma' requires one of: create, list"]),
      (["vma", "nosuch"], ["unknown command: 'vma nosuch'; known are: create, list"]),
    ])
  func mistakes(words: [String], lines: [String]) throws {
    let error = try #require(throws: UsageError.self) { try Self.table.parse(words) }
    #expect(error.lines == lines)
  }

  @Test("an empty value and a number that is none are found when they are read")
  func values() throws {
    #expect(throws: ArgumentError.emptyValue(option: "domain")) { try parse("show", "")[Self.domain] }
    #expect(throws: ArgumentError.notANumber(option: "depth", value: "x")) {
      try parse("show", "g1", "--depth", "x")[Self.depth]
    }
  }
}
