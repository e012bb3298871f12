import Foundation
import Testing
import XMLTree

/// A directory with a schema in it that is gone when the test is over.
private final class SchemaDirectory {
  let url: URL

  init(_ files: [String: String]) throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("snapsh schema \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

private let outer = """
  <grammar xmlns='http://relaxng.org/ns/structure/1.0' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>
    <include href='inner.rng'/>
    <start><element name='r'><zeroOrMore><ref name='d'/></zeroOrMore></element></start>
  </grammar>
  """
private let inner = """
  <grammar xmlns='http://relaxng.org/ns/structure/1.0' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>
    <define name='d'>
      <element name='d'><attribute name='n'><data type='unsignedInt'><param name='pattern'>[0-9]+</param></data>
      </attribute><empty/></element>
    </define>
  </grammar>
  """

@Suite struct RelaxNGSchemaTests {
  @Test func `a valid document has no violations`() throws {
    let files = try SchemaDirectory(["outer.rng": outer, "inner.rng": inner])
    let schema = try RelaxNGSchema(path: files.path("outer.rng"))
    #expect(try schema.violations(in: .parse("<r>\n <d n='1'/>\n</r>")).isEmpty)
  }

  @Test func `each violation has its line, its path and libxml2's words`() throws {
    let files = try SchemaDirectory(["outer.rng": outer, "inner.rng": inner])
    let schema = try RelaxNGSchema(path: files.path("outer.rng"))
    let violations = try schema.violations(
      in: .parse("<r>\n <d n='1'/>\n <d n='x'/>\n</r>", fileName: "in.xml"))
    let first = try #require(violations.first)
    #expect(first.line == 3)
    #expect(first.elementPath == "/r/d[2]")
    #expect(first.description == "in.xml:3: /r/d[2]: \(first.message)")
    #expect(
      violations.map(\.message)
        == ["Type unsignedInt doesn't allow value 'x'", "Element d failed to validate attributes"])
  }

  @Test func `lines past sixteen bits are told, and a text where none is allowed is found`() throws {
    let files = try SchemaDirectory(["outer.rng": outer, "inner.rng": inner])
    let schema = try RelaxNGSchema(path: files.path("outer.rng"))
    let text = "<r>" + String(repeating: "\n", count: 80_000) + "<d n='1'>text</d></r>"
    #expect(try schema.violations(in: .parse(text)).map(\.line).contains(80_001))
  }

  @Test func `a document in a namespace is not mistaken for one without`() throws {
    let files = try SchemaDirectory(["outer.rng": outer, "inner.rng": inner])
    let schema = try RelaxNGSchema(path: files.path("outer.rng"))
    #expect(try !schema.violations(in: .parse("<r xmlns='urn:x'/>")).isEmpty)
    #expect(try !schema.violations(in: .parse("<r xmlns:x='urn:x'><x:d n='1'/></r>")).isEmpty)
    #expect(try !schema.violations(in: .parse("<r xmlns:x='urn:x'><d x:n='1'/></r>")).isEmpty)
    #expect(try schema.violations(in: .parse("<r xmlns:x='urn:x'><d n='1'/></r>")).isEmpty)
  }

  @Test(arguments: [
    ["outer.rng": outer], ["outer.rng": "<not-a-schema/>"], ["outer.rng": "<grammar"], ["outer.rng": ""],
    ["outer.rng": outer.replacingOccurrences(of: "inner.rng", with: "http://127.0.0.1:9/inner.rng")], [:],
  ])
  func `a schema that cannot be loaded is an error with its path`(texts: [String: String]) throws {
    let files = try SchemaDirectory(texts)
    let path = files.path("outer.rng")
    let error = try #require(throws: XMLError.self) { try RelaxNGSchema(path: path) }
    guard case .unusableSchema = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(error.fileName == path)
    #expect(error.description.hasPrefix(path))
  }

  @Test func `one schema serves many threads at once`() throws {
    let files = try SchemaDirectory(["outer.rng": outer, "inner.rng": inner])
    let schema = try RelaxNGSchema(path: files.path("outer.rng"))
    let good = try XMLDocument.parse("<r>" + String(repeating: "<d n='1'/>", count: 50) + "</r>")
    let bad = try XMLDocument.parse("<r>" + String(repeating: "<d n='1'/>", count: 50) + "<e/></r>")
    let verdicts = Verdicts()
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<50 {
        let right = try? schema.violations(in: good).isEmpty
        let wrong = try? schema.violations(in: bad).isEmpty
        verdicts.add(right == true && wrong == false)
      }
    }
    #expect(verdicts.all == [Bool](repeating: true, count: 400))
  }
}

private final class Verdicts: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Bool] = []
  func add(_ value: Bool) { lock.withLock { values.append(value) } }
  var all: [Bool] { lock.withLock { values } }
}
