import Testing

@testable import SnapshCommands

@Suite("Commands piped into the tool")
struct ShellScriptTests {
  private struct Lines: CommandInput {
    let isInteractive = false
    let source: Source

    final class Source {
      var lines: [String]
      init(_ lines: [String]) { self.lines = lines }
    }

    init(_ lines: String...) { source = Source(lines) }

    func nextLine() -> String? {
      source.lines.isEmpty ? nil : source.lines.removeFirst()
    }
  }

  private func run(_ arguments: [String], _ lines: Lines) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let console = Console(output: output, error: error)
    let status = Tool.run(arguments, environment: [:], console: console, input: lines)
    return (status, output.text, error.text)
  }

  @Test("lines run one after another; comments and empty lines do nothing")
  func lines() {
    let result = run(["-q"], Lines("# what there is", "", "help help; help help"))
    #expect(result.status == 0)
    #expect(result.output.components(separatedBy: "print help\n").count == 3)
    #expect(result.error.isEmpty)
  }

  @Test("a script stops at its first failure unless told to keep going, and its status tells")
  func failure() {
    let stopped = run(["-q"], Lines("nosuch", "help help"))
    #expect(stopped.status == 1)
    #expect(stopped.output.isEmpty)
    let carriedOn = run(["-q", "--keep-going"], Lines("nosuch", "help help"))
    #expect(carriedOn.status == 1)
    #expect(!carriedOn.output.isEmpty)
  }
}
