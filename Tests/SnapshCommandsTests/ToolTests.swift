import Testing

@testable import SnapshCommands

@Suite("One run of the tool: what is printed where, and the exit status")
struct ToolTests {
  private struct Run {
    let status: Int32
    let output: String
    let error: String
  }

  private func run(_ arguments: String...) -> Run {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(arguments, environment: [:], console: Console(output: output, error: error))
    return Run(status: status, output: output.text, error: error.text)
  }

  @Test("a batch with a mistake in it runs nothing at all")
  func parsedFirst() {
    let result = run("help help; nosuch")
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.error == "error: unknown command: 'nosuch'\n")
  }

  @Test("a batch stops at the first command that fails, or goes on when told to; its status tells either way")
  func batch() {
    let stopped = run("-q", "help nosuch; help help")
    #expect(stopped.status == 1)
    #expect(stopped.output.isEmpty)
    let carriedOn = run("-q", "--keep-going", "help nosuch; help help")
    #expect(carriedOn.status == 1)
    #expect(carriedOn.output.hasPrefix("  NAME\n    help - print help\n"))
  }

  @Test("an error is one JSON object on the error stream, wherever --json stands")
  func errorsAsJSON() {
    let expected =
      #"{"error":{"kind":"command","message":"command or command group 'x' doesn't exist"}}"# + "\n"
    for result in [run("--json", "help", "x"), run("help", "x", "--json")] {
      #expect(result.error == expected)
      #expect(result.output.isEmpty)
      #expect(result.status == 1)
    }
    #expect(run("--json", "nosuch").error.hasPrefix(#"{"error":{"kind":"usage""#))
  }

  @Test("every command's help is found by name, and by --help behind it")
  func help() {
    for grammar in CommandRegistry.table.commands {
      let byName = run("help", grammar.name)
      #expect(byName.status == 0)
      #expect(byName.output.contains("    \(grammar.name) - \(grammar.abstract)\n"))
      #expect(run("\(grammar.name) --help").output == byName.output)
      #expect(!grammar.abstract.isEmpty)
      #expect(CommandRegistry.groups.contains { $0.keyword == grammar.group }, "\(grammar.name)")
    }
  }

  @Test("no two commands share a name")
  func names() {
    let names = CommandRegistry.table.commands.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test("--version prints the version alone")
  func version() {
    #expect(run("--version").output == "\(Tool.version)\n")
    #expect(run("-v").output == "\(Tool.version)\n")
  }
}
