import Foundation
import TestSupport
import Testing

/// One line of testdata/parity/commands.jsonl: the words behind the program's name, run on virsh and on snapsh.
///
/// `@default` stands for `test:///default`, `@node` for the node of testdata/parity/node.xml, and `@NAME` for another
/// file there.
struct CommandLine: Sendable, CustomTestStringConvertible {
  /// The words as they stand in the file.
  let words: [String]

  /// All lines of the file; lines that begin with `#` are headings.
  static let all: [CommandLine] = {
    let text = String(decoding: (try? testdataBytes("parity/commands.jsonl")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      CommandLine(words: (try? JSONDecoder().decode([String].self, from: Data(line.utf8))) ?? [])
    }
  }()

  var testDescription: String { words.joined(separator: " ") }

  /// Whether one of the words is a string of several commands.
  var isBatch: Bool { words.contains { $0.contains(";") } }

  /// The words with every placeholder replaced.
  var arguments: [String] {
    words.map { word in
      var word = word
      for (placeholder, value) in Self.placeholders {
        word = word.replacingOccurrences(of: placeholder, with: value)
      }
      return word
    }
  }

  private static let placeholders: [(String, String)] = {
    let directory = testdata("parity")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    // A name that is the beginning of another one must not be replaced first.
    return [("@default", "test:///default"), ("@node", "test://\(directory)/node.xml")]
      + (files + ["nowhere.xml"]).sorted { $0.count > $1.count }.map { ("@\($0)", "\(directory)/\($0)") }
      + [("@.", directory)]
  }()
}
