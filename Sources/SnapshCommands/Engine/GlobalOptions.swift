import CommandGrammar

/// The options before the command, as virsh's `getopt_long` reads them, and our own `--json` and `--keep-going`.
public struct GlobalOptions: Sendable, Equatable {
  /// What the tool is asked for instead of a command.
  enum Request: Sendable, Equatable {
    case help
    case shortVersion
    case longVersion
  }

  /// How the progress of long work is told.
  public enum ProgressMode: String, Sendable, CaseIterable {
    /// On a terminal, or where a command's `--verbose` asks for it.
    case auto
    /// Lines of text.
    case plain
    /// JSON objects, one a line.
    case json
    /// Not at all.
    case none
  }

  /// `-c`: the hypervisor's URI; libvirt chooses where there is none.
  public internal(set) var uri: String?
  /// `-r`: a connection that can change nothing.
  public internal(set) var isReadOnly = false
  /// `-q`: no headings and no sentences.
  public internal(set) var isQuiet = false
  /// `-t`: how long each command took.
  public internal(set) var showsTiming = false
  /// `-d`: what is told beside results; what is less important than this is not.
  public internal(set) var debugLevel = DiagnosticLog.Level.error
  /// `-l`: the file that errors and what `-d` asks for are added to.
  public internal(set) var logFile: String?
  /// `-k`: seconds between two messages that ask the other end whether it is still there; 0 asks never.
  public internal(set) var keepAliveInterval: Int32?
  /// `-K`: how many of these messages may stay without an answer.
  public internal(set) var keepAliveCount: Int32?
  /// `--json`: results and errors as JSON, one object a line.
  public internal(set) var json = false
  /// `--keep-going`: a batch goes on after a command that failed.
  public internal(set) var keepsGoing = false
  /// `--progress`: how the progress of long work is told.
  public internal(set) var progress = ProgressMode.auto
  /// `--wait-for-job`: a domain that a job holds is waited for.
  public internal(set) var waitsForJob = false
  /// Whether the URI was given on the command line rather than by the environment.
  var isURIExplicit = false
  var request: Request?
  /// What is wrong with the options, but not so that it would keep the commands from being run.
  var warnings: [String] = []

  /// No option given.
  public init() {}

  private static let valued: [Character: String] = [
    "c": "connect", "d": "debug", "e": "escape", "k": "keepalive-interval", "K": "keepalive-count",
    "l": "log",
  ]
  private static let flags: [Character: String] = [
    "h": "help", "q": "quiet", "r": "readonly", "t": "timing", "v": "v", "V": "V",
  ]
  static let longNames =
    valued.values + [
      "help", "quiet", "readonly", "timing", "version", "json", "keep-going", "progress", "wait-for-job",
    ]

  /// Reads the options at the start of a command line; behind one that asks for help or the version nothing is read.
  ///
  /// - Parameters:
  ///   - arguments: The words behind the program's name.
  ///   - environment: `VIRSH_DEFAULT_CONNECT_URI`, `VIRSH_DEBUG` and `VIRSH_LOG_FILE` stand for `-c`, `-d` and `-l`
  ///     where those are not given.
  /// - Throws: ``UsageError``.
  /// - Returns: The options, and the words from the command on.
  public static func parse(
    _ arguments: [String], environment: [String: String]
  ) throws -> (options: GlobalOptions, rest: ArraySlice<String>) {
    var options = GlobalOptions()
    options.uri = environment["VIRSH_DEFAULT_CONNECT_URI"]
    var words = arguments[...]
    while options.request == nil, let word = words.first, word.hasPrefix("-"), word != "-" {
      words.removeFirst()
      if word == "--" { break }
      if word.hasPrefix("--") {
        try options.takeLong(word.dropFirst(2), from: &words)
      } else {
        try options.takeLetters(word.dropFirst(), from: &words)
      }
    }
    options.takeDiagnostics(from: environment)
    return (options, words)
  }

  private mutating func takeLong(_ text: Substring, from words: inout ArraySlice<String>) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let given = String(parts[0])
    let attached = parts.count > 1 ? String(parts[1]) : nil
    // getopt_long takes any beginning that fits one name only.
    let fitting = Self.longNames.filter { $0 == given }
    let names = fitting.isEmpty ? Self.longNames.filter { $0.hasPrefix(given) } : fitting
    guard names.count == 1, let name = names.first, !given.isEmpty else {
      throw UsageError.unsupportedGlobalOption("--\(text)")
    }
    let letter = Self.valued.first { $0.value == name }?.key
    if letter != nil || name == "progress" {
      guard let value = attached ?? words.popFirst() else {
        let letterForm = letter.map { "'-\($0)'/" } ?? ""
        throw UsageError.missingGlobalValue(option: "\(letterForm)'--\(name)'")
      }
      try take(value, for: name, written: "--\(name)")
    } else if name == "version" {
      request = attached == "long" ? .longVersion : .shortVersion
    } else {
      guard attached == nil else { throw UsageError.unsupportedGlobalOption("--\(text)") }
      setFlag(name)
    }
  }

  private mutating func takeLetters(_ text: Substring, from words: inout ArraySlice<String>) throws {
    var letters = text
    while request == nil, let letter = letters.popFirst() {
      if let name = Self.flags[letter] {
        setFlag(name)
      } else if let name = Self.valued[letter] {
        guard let value = letters.isEmpty ? words.popFirst() : String(letters) else {
          throw UsageError.missingGlobalValue(option: "'-\(letter)'/'--\(name)'")
        }
        try take(value, for: name, written: "-\(letter)")
        return
      } else {
        throw UsageError.unsupportedGlobalOption("-\(letter)")
      }
    }
  }

  private mutating func setFlag(_ name: String) {
    switch name {
    case "help": request = .help
    case "v": request = .shortVersion
    case "V": request = .longVersion
    case "quiet": isQuiet = true
    case "readonly": isReadOnly = true
    case "timing": showsTiming = true
    case "json": json = true
    case "wait-for-job": waitsForJob = true
    default: keepsGoing = true
    }
  }
}
