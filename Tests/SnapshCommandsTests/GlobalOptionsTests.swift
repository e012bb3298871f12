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

  @Test("options and their values complete until the command's name has come")
  func completion() {
    func complete(_ words: String..., partial: String) -> [String]? {
      GlobalOptions.completion(after: words, partial: partial)?.candidates
    }
    #expect(complete(partial: "--kee") == ["--keep-going", "--keepalive-count", "--keepalive-interval"])
    #expect(complete("-q", partial: "--j") == ["--json"])
    #expect(complete(partial: "--progress") == ["--progress"])
    #expect(complete(partial: "--progress=") == ["auto", "plain", "json", "none"].map { "--progress=\($0)" })
    #expect(complete("--progress", partial: "n") == ["none"])
    #expect(complete("-c", partial: "t") == ["test:///default"])
    #expect(GlobalOptions.completion(after: ["-l"], partial: "")?.wantsFile == true)
    #expect(complete("-d", partial: "") == [])
    #expect(complete("list", partial: "--") == nil)
    #expect(complete(partial: "li") == nil)
    #expect(complete("--", partial: "-") == nil)
    #expect(complete("--bogus", partial: "-") == [])
  }

  @Test(
    "each mistake is told in virsh's words",
    arguments: [
      (["-c"], "option '-c'/'--connect' requires an argument"),
      (["--connect"], "option '-c'/'--connect' requires an argument"),
      (["--bogus"], "unsupported option '--bogus'. See --help."),
      (["-qz"], "unsupported option '-z'. See --help."),
      (["--quiet=1"], "unsupported option '--quiet=1'. See --help."),
      (["--keepalive", "1"], "unsupported option '--keepalive'. See --help."),
      (["-k", "x"], "Invalid value for option -k"),
      (["-K", "-1"], "option -K requires a positive integer argument"),
      (["--debug=x"], "option --debug takes a numeric argument"),
      (["-e", "^1"], "Invalid string '^1' for escape sequence"),
      (["--progress"], "option '--progress' requires an argument"),
    ])
  func mistakes(words: [String], line: String) throws {
    let error = try #require(throws: UsageError.self) {
      _ = try GlobalOptions.parse(words, environment: [:])
    }
    #expect(error.lines == [line])
  }

  @Test("what virsh's own options say is kept, or taken without a word")
  func values() throws {
    let (options, rest) = try parse(
      "-d", "1", "-l/tmp/x", "-k", " 7", "--keepalive-count=+3", "-e", "^]", "-qd2", "uri")
    #expect(options.debugLevel == .notice)
    #expect(options.logFile == "/tmp/x")
    #expect(options.keepAliveInterval == 7)
    #expect(options.keepAliveCount == 3)
    #expect(rest == ["uri"])
    #expect(options.warnings.isEmpty)
  }

  @Test("a level that does not exist is told of and left out; the commands are run")
  func debugLevel() throws {
    let (options, _) = try parse("-d", "5", "uri")
    #expect(options.debugLevel == .error)
    #expect(options.warnings == ["ignoring debug level 5 out of range [0-4]"])
  }

  @Test("the environment names level and log file where the command line does not")
  func diagnosticsByEnvironment() throws {
    let environment = ["VIRSH_DEBUG": "0", "VIRSH_LOG_FILE": "/log"]
    let byEnvironment = try GlobalOptions.parse(["uri"], environment: environment).options
    #expect(byEnvironment.debugLevel == .debug)
    #expect(byEnvironment.logFile == "/log")
    let byOption = try GlobalOptions.parse(["-d3", "-l", "/mine"], environment: environment).options
    #expect(byOption.debugLevel == .warning)
    #expect(byOption.logFile == "/mine")
    let wrong = try GlobalOptions.parse(["uri"], environment: ["VIRSH_DEBUG": "9"]).options
    #expect(wrong.warnings == ["VIRSH_DEBUG not set with a valid numeric value"])
  }

  @Test("behind a request for help or the version nothing is read")
  func requests() throws {
    #expect(try parse("-v", "--bogus").options.request == .shortVersion)
    #expect(try parse("-qhz").options.request == .help)
    #expect(try parse("--version=long", "-d", "x").options.request == .longVersion)
    #expect(throws: UsageError.self) { try parse("-z", "-v") }
  }
}
