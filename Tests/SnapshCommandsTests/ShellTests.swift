import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("The shell, typed at through a terminal")
struct ShellTerminalTests {
  private let state: TemporaryDirectory

  init() throws {
    state = try TemporaryDirectory()
  }

  private func shell() throws -> PseudoTerminal {
    try PseudoTerminal(
      [snapshBinary, "-c", "test:///default"],
      environment: ["TERM": "xterm", "XDG_STATE_HOME": state.path, "LC_ALL": "C.UTF-8"])
  }

  @Test("a command, a domain and a snapshot complete on TAB, and the connection lasts from line to line")
  func completion() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("snapshot-create-as te\t")
    try terminal.wait(for: "st ")
    terminal.type("before-upgrade\n")
    try terminal.wait(for: "Domain snapshot before-upgrade created")
    try terminal.wait(for: "snapsh # ")
    terminal.type("snapshot-inf\t")
    try terminal.wait(for: "o ")
    terminal.type("test befo\t")
    try terminal.wait(for: "re-upgrade ")
    terminal.type("\n")
    try terminal.wait(for: "Name:           before-upgrade")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("several candidates are listed on the second TAB")
  func candidates() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("managedsave\t\t")
    try terminal.wait(for: "managedsave-remove")
    try terminal.wait(for: "snapsh # managedsave")
    terminal.type("-remove nosuch\n")
    try terminal.wait(for: "error: failed to get domain 'nosuch'")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("the end of the input ends the shell")
  func endOfInput() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    #expect(try terminal.waitForEnd(typing: "\u{4}") == 0)
  }

  @Test("Ctrl-C drops the line and keeps the shell")
  func interrupt() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("destroy te")
    try terminal.wait(for: "destroy te")
    terminal.type("\u{3}")
    try terminal.wait(for: "snapsh # ")
    terminal.type("list --name\n")
    try terminal.wait(for: "test\r\n")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("a mistake is told and the shell goes on")
  func mistake() throws {
    let terminal = try shell()
    try terminal.wait(for: "snapsh # ")
    terminal.type("nosuch\n")
    try terminal.wait(for: "error: unknown command: 'nosuch'")
    try terminal.wait(for: "snapsh # ")
    terminal.type("domstate test\n")
    try terminal.wait(for: "running")
    try terminal.wait(for: "snapsh # ")
    terminal.type("quit\n")
    #expect(try terminal.waitForEnd() == 0)
  }

  @Test("the next shell knows the lines of the last one, and nobody else may read them")
  func history() throws {
    let first = try shell()
    try first.wait(for: "snapsh # ")
    first.type("domstate test\n")
    try first.wait(for: "running")
    try first.wait(for: "snapsh # ")
    first.type("quit\n")
    #expect(try first.waitForEnd() == 0)
    let second = try shell()
    try second.wait(for: "snapsh # ")
    // The newest line is the `quit` of the first shell.
    second.type("\u{1b}[A\u{1b}[A\n")
    try second.wait(for: "running")
    try second.wait(for: "snapsh # ")
    second.type("quit\n")
    #expect(try second.waitForEnd() == 0)
    #expect(try run(["stat", "-c", "%a", state.file("snapsh/history")]).check().stdout == "600\n")
  }
}

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
