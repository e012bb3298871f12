import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("-d tells how the work goes, -l keeps that and every error")
struct DiagnosticLogTests {
  private static let node = "test://" + testdata("parity/node.xml")

  private func run(_ words: String...) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["-c", Self.node] + words, environment: [:], console: Console(output: output, error: error))
    return (status, output.text, error.text)
  }

  @Test("the file is added to, a line for each message, in virsh's form, and is open to its owner alone")
  func file() throws {
    let directory = try TemporaryDirectory(prefix: "snapsh-log")
    let file = directory.file("log")
    #expect(run("-l", file, "domstate", "nosuch").status == 1)
    #expect(run("-l", file, "nosuchcommand").status == 1)
    #expect(run("-l", file, "-d", "1", "domstate", "alpha").status == 0)
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    let expected = [
      "ERROR failed to get domain 'nosuch'", "ERROR unknown command: 'nosuchcommand'",
      "INFO domstate: domain(optdata): alpha", "INFO Failed to setup keepalive on connection",
      "INFO domstate: found option <domain>: alpha",
    ]
    try #require(lines.count == expected.count)
    for (line, message) in zip(lines, expected) {
      #expect(line.wholeMatch(of: /\[\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d snapsh \d+\] .*/) != nil)
      #expect(line.hasSuffix("] " + message))
    }
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("notes go to standard error where programs read standard output")
  func json() {
    let result = run("--json", "-d", "0", "domstate", "alpha")
    #expect(result.output.hasPrefix(#"{"domain":"alpha""#))
    #expect(result.error.contains("domstate: <domain> trying as domain NAME\n"))
  }

  @Test("without -d nothing but results is told")
  func silent() {
    #expect(run("domstate", "alpha").output == "running\n\n")
  }

  @Test("a file that cannot be opened is an error before anything is run")
  func unwritable() {
    let result = run("-l", "/nosuch/log", "domstate", "alpha")
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(result.error == "error: failed to open the log file. check the log file path\n")
  }
}
