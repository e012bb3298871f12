import CommandGrammar
import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("What commands print with --json matches their schemas")
struct NodeOutputTests {
  /// A command line in process: what it was, and what it printed.
  private struct Run {
    let command: CommandGrammar
    let status: Int32
    let output: String
    let error: String
  }

  @Test("all command lines that are compared with virsh's, on libvirt's test driver")
  func everyParityLine() throws {
    let contract = ScriptContract()
    var count = 0
    for words in try Self.parityLines() {
      guard let run = Self.run(words) else { continue }
      count += 1
      let problems =
        try contract.problems(ofOutput: run.output, schema: run.command.schemaFileName)
        // It prints what it is given, wherever that is.
        + (run.command.name == "echo" ? [] : contract.problems(ofErrors: run.error))
      #expect(problems.isEmpty, "snapsh --json \(words.joined(separator: " "))")
      if run.status == 0 { #expect(!run.output.isEmpty, "\(words)") }
    }
    #expect(count > 500)
  }

  @Test("every line of testdata/contract/node-commands.txt, as the shell reads them from a file")
  func shell() throws {
    let contract = ScriptContract()
    let lines = try ScriptContract.commandLines("node-commands.txt")
    let run = try snapsh(
      ["--json", "-c", "test://" + testdata("contract/node.xml")],
      stdin: Array((lines.joined(separator: "\n") + "\n").utf8), environment: ["VISUAL": "true"])
    let results = run.stdout.split(separator: "\n")
    try #require(results.count == lines.count, "\(run.stdout)\(run.stderr)")
    for (line, result) in zip(lines, results) {
      let command = try #require(line.split(separator: " ").first)
      #expect(try contract.problems(ofOutput: String(result), schema: "\(command).json") == [], "\(line)")
    }
    #expect(run.stderr.isEmpty)
  }

  @Test("every command has printed a result that a test here, or on a real guest, holds against its schema")
  func coverage() throws {
    var seen = Set<String>()
    for words in try Self.parityLines() {
      if let run = Self.run(words), run.status == 0 { seen.insert(run.command.name) }
    }
    for line in try ScriptContract.commandLines("local-commands.txt")
      + ScriptContract.commandLines("guest-commands.txt") + ScriptContract.commandLines("node-commands.txt")
    {
      let words = line.split(separator: " ").map(String.init)
      seen.insert(CommandRegistry.table[words.prefix(2).joined(separator: " ")]?.name ?? words[0])
    }
    // Only with a QEMU that sends does it print a result; the end-to-end tests of it read the archive instead.
    seen.insert("vma-writer")
    // It serves until it is interrupted: VMAServeCommandTests does that, and holds its lines against the schema.
    seen.insert("vma serve")
    let missing = CommandRegistry.table.commands.map(\.name).filter { !seen.contains($0) }
    #expect(
      missing.isEmpty,
      "no result of these is validated: add a line to testdata/contract/guest-commands.txt or local-commands.txt"
    )
  }

  /// The words of testdata/parity/commands.jsonl with its placeholders replaced.
  private static func parityLines() throws -> [[String]] {
    let directory = testdata("parity")
    return try String(decoding: testdataBytes("parity/commands.jsonl"), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        try JSONDecoder().decode([String].self, from: Data(line.utf8)).map { word in
          word.replacing("@default", with: "test:///default")
            .replacing("@node", with: "test://\(directory)/node.xml")
            .replacing(/@([a-z-]+\.(xml|txt))/) { "\(directory)/\($0.output.1)" }
            .replacing("@.", with: directory)
        }
      }
  }

  /// Runs one command; nil where the words are several commands, none, or none that there is.
  private static func run(_ words: [String]) -> Run? {
    guard let (options, rest) = try? GlobalOptions.parse(words, environment: [:]), options.request == nil,
      // What -d asks for is text for people, whatever the rest is.
      !words.contains(where: { $0.hasPrefix("-d") || $0.hasPrefix("--debug") }),
      rest.count > 1 || rest.first?.contains(" ") == false, rest.first?.contains(";") == false,
      let command = command(in: Array(rest))
    else { return nil }
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["--json"] + words, environment: ["VISUAL": "true"], console: Console(output: output, error: error))
    // Help is help, whatever the command.
    let grammar = rest.contains("--help") ? CommandRegistry.table["help"] : command
    return grammar.map { Run(command: $0, status: status, output: output.text, error: error.text) }
  }

  private static func command(in words: [String]) -> CommandGrammar? {
    CommandRegistry.table[words[0]] ?? CommandRegistry.table[words.prefix(2).joined(separator: " ")]
  }
}
