import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What fuzzing has found stays found: a target that breaks stops the process.
@Suite("Every input that has been worth keeping is taken")
struct CorpusTests {
  @Test("the seeds and what fuzzing has found", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    let directory = testdata("fuzz/\(target.rawValue)")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(!names.isEmpty)
    for name in names {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
      bytes.withUnsafeBytes { target.run($0) }
    }
  }
}
