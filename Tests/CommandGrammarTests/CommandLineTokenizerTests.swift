import Testing

@testable import CommandGrammar

@Suite("A command string is split as virsh splits it")
struct CommandLineTokenizerTests {
  @Test(
    "words and commands",
    arguments: [
      ("list --all", [["list", "--all"]]),
      ("list; snapshot-list g1", [["list"], ["snapshot-list", "g1"]]),
      (";; list ;", [["list"]]),
      ("list\nuri", [["list"], ["uri"]]),
      ("echo 'a;b' \"c d\" e\\ f", [["echo", "a;b", "c d", "e f"]]),
      ("echo a'b'\"c\"", [["echo", "abc"]]),
      ("echo 'it''s' \"\"", [["echo", "its", ""]]),
      ("echo \"a\\\"b\" 'c\\d'", [["echo", "a\"b", "c\\d"]]),
      ("list # the guests\nuri", [["list"], ["uri"]]),
      ("echo a#b", [["echo", "a#b"]]),
      ("", []),
      ("  \t", []),
    ])
  func split(line: String, expected: [[String]]) throws {
    #expect(try CommandLineTokenizer.commands(in: line) == expected)
  }

  @Test("a string that ends inside a quote or behind a backslash is refused")
  func unfinished() {
    #expect(throws: UsageError.missingQuote) { try CommandLineTokenizer.commands(in: "list \"a") }
    #expect(throws: UsageError.danglingBackslash) { try CommandLineTokenizer.commands(in: "list \\") }
  }
}
