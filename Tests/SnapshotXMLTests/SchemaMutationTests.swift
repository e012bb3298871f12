import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

private func readFile(_ path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map { [UInt8]($0) }
}

/// Thousands of documents that are almost right: the schemas must agree where they have to.
@Suite struct SchemaMutationTests {
  private static let ours = packageDirectory + "/schemas/domainsnapshot.rng"
  private static let upstream = packageDirectory + "/schemas/upstream-9.0/domainsnapshot.rng"
  private static let libvirts = "/usr/share/libvirt/schemas/domainsnapshot.rng"

  private static func sources() throws -> [XMLDocument] {
    let rich = ["local-sources", "network-sources", "web-sources"].map { "schemas/rich/\($0).xml" }
    return try rich.map { try XMLDocument.parse(try testdataBytes($0), fileName: $0) }
  }

  private static func mutants(seed: UInt64, count: Int) throws -> [XMLDocument] {
    let sources = try sources()
    var mutator = DocumentMutator(seed: seed, documents: sources)
    return (0..<count).map { mutator.mutated(sources[$0 % sources.count]) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `the upstream schema gives libvirt's own verdict on documents that are almost right`(seed: UInt64)
    throws
  {
    try #require(FileManager.default.fileExists(atPath: Self.libvirts), "install the Debian package libvirt0")
    let emulation = try RelaxNGSchema(path: Self.upstream)
    let original = try RelaxNGSchema(path: Self.libvirts)
    var valid = 0
    for mutant in try Self.mutants(seed: seed, count: 1000) {
      // What stands inside a guest's definition is left to libvirt's own schema.
      if mutant.root.elements.contains(where: { $0.name.hasSuffix("omain") && $0.attribute("type") != nil }) {
        continue
      }
      let verdict = try original.violations(in: mutant).isEmpty
      #expect(try emulation.violations(in: mutant).isEmpty == verdict, "\(mutant.text)")
      valid += verdict ? 1 : 0
    }
    #expect(valid > 50, "too few of the documents are valid for this to mean anything")
  }

  @Test(arguments: [ours, upstream, libvirts])
  func `whatever libxml2 refuses is explained, and nothing else`(path: String) throws {
    let schema = try RelaxNGSchema(path: path)
    let explainer = try RelaxNGExplainer(path: path, read: readFile)
    for mutant in try Self.mutants(seed: 4, count: 600) {
      let reasons = explainer.violations(in: mutant)
      #expect(try schema.violations(in: mutant).isEmpty == reasons.isEmpty, "\(mutant.text)")
      #expect(reasons.allSatisfy { !$0.elementPath.isEmpty && !$0.message.isEmpty })
    }
  }

  @Test func `a document that our schema takes is one that the rules can read, mirrors included`() throws {
    let validator = SnapshotValidator(
      SnapshotSchemas(SnapshotSchemas.Paths(snapshot: Self.ours), read: readFile), rules: nil)
    var read = 0
    for mutant in try Self.mutants(seed: 5, count: 1500) where try validator.problems(in: mutant).isEmpty {
      let written = try? SnapshotDocument(mutant, mode: .any, allowMirrors: true).bytes()
      guard let written else { continue }
      read += 1
      let again = try XMLDocument.parse(written)
      #expect(try validator.problems(in: again) == [], "\(mutant.text)\n\(again.text)")
    }
    #expect(read > 50)
  }
}

extension XMLDocument {
  fileprivate var text: String { String(decoding: bytes(layout: .asParsed), as: UTF8.self) }
}
