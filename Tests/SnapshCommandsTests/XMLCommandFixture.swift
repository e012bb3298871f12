import Foundation
import TestSupport

@testable import SnapshCommands

/// Files to examine, and one run of the tool in this process with what it printed.
struct XMLCommandFixture {
  struct Run {
    let status: Int32
    let output: String
    let error: String
  }

  let directory: TemporaryDirectory

  static let good = "<domainsnapshot>\n  <name>n</name>\n</domainsnapshot>\n"
  static let bad = "<domainsnapshot>\n  <nmae>n</nmae>\n</domainsnapshot>\n"
  static let badReason = "<nmae> is not allowed in <domainsnapshot>; did you mean <name>?"

  init(_ files: [String: String] = [:]) throws {
    directory = try TemporaryDirectory()
    for (name, text) in files { try directory.write(text: text, to: name) }
  }

  func path(_ name: String) -> String { directory.file(name) }

  /// Runs a command line; words that name a file of the fixture are given their full path.
  func run(_ arguments: String..., environment: [String: String]? = nil) -> Run {
    let output = MemorySink()
    let error = MemorySink()
    let words = arguments.map { word in
      !word.isEmpty && FileManager.default.fileExists(atPath: path(word)) ? path(word) : word
    }
    let status = Tool.run(
      words, environment: environment ?? ["SNAPSH_SCHEMA_DIR": packageDirectory + "/schemas"],
      console: Console(output: output, error: error))
    return Run(
      status: status, output: output.text.replacing(directory.path + "/", with: ""),
      error: error.text.replacing(directory.path + "/", with: ""))
  }
}
