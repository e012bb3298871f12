import CommandGrammar
import Testing

@testable import SnapshCommands

@Suite("Options before the command are read as getopt_long reads virsh's")
struct GlobalOptionsTests {
  private func parse(_ words: String...) throws -> (options: GlobalOptions, rest: [String]) {
    let (options, rest) = try GlobalOptions.parse(words, environment: [:])
    return (options, Array(rest))
  }

  @Test(
    "the URI is taken in every spelling",
    arguments: [
      ["-c", "test:///default"], ["-ctest:///default"], ["--connect", "test:///default"],
      ["--connect=test:///default"], ["--conn", "test:///default"],
    ])
  func uri(words: [String]) throws {
    let (options, rest) = try GlobalOptions.parse(words + ["list", "-q"], environment: [:])
    #expect(options.uri == "test:///default")
    #expect(options.isURIExplicit)
    #expect(Array(rest) == ["list", "-q"])
    #expect(!options.isQuiet)
  }

  @Test("letters may be joined, and two dashes end the options")
  func joined() throws {
    let (options, rest) = try parse("-qrt", "--json", "--", "-x")
    #expect(options.isQuiet && options.isReadOnly && options.showsTiming && options.json)
    #expect(rest == ["-x"])
  }

  @Test("the environment names a URI only where the command line does not")
  func environment() throws {
    let environment = ["VIRSH_DEFAULT_CONNECT_URI": "test:///env"]
    let byEnvironment = try GlobalOptions.parse(["list"], environment: environment).options
    #expect(byEnvironment.uri == "test:///env")
    #expect(!byEnvironment.isURIExplicit)
    #expect(try GlobalOptions.parse(["-c", "a:///b"], environment: environment).options.uri == "a:///b")
  }

  @Test(
    "each mistake is told in virsh's words",
    arguments: [
      (["-c"], "option '-c'/'--connect' requires an argument"),
      (["--connect"], "option '-c'/'--connect' requires an argument"),
      (["--bogus"], "unsupported option '--bogus'. See --help."),
      (["-qz"], "unsupported option '-z'. See --help."),
      (["--quiet=1"], "unsupported option '--quiet=1'. See --help."),
    ])
  func mistakes(words: [String], line: String) throws {
    let error = try #require(throws: UsageError.self) {
      _ = try GlobalOptions.parse(words, environment: [:])
    }
    #expect(error.lines == [line])
  }
}
