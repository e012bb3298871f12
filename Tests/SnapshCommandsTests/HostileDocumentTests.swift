import Foundation
import SystemPackage
import TestSupport
import Testing
import XMLTree

@testable import SnapshCommands

/// Whatever is handed to the commands on XML, they answer with one sentence and the right exit status.
@Suite("Hostile documents")
struct HostileDocumentTests {
  private static let bomb = """
    <?xml version="1.0"?>
    <!DOCTYPE domainsnapshot [
      <!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
    ]>
    <domainsnapshot><name>&c;</name></domainsnapshot>
    """

  private static let cases: [(name: String, bytes: [UInt8], line: String)] = [
    ("empty", [], ": there is no XML here: the text is empty"),
    ("blank", Array("  \n\n".utf8), ":3:1: not well-formed XML: "),
    ("truncated", Array("<domainsnapshot>\n<name>n".utf8), ":2:8: not well-formed XML: "),
    ("binary", (0...255).map { UInt8($0) }, ":1:1: not well-formed XML: "),
    (
      "not UTF-8",
      Array("<domainsnapshot><name>".utf8) + [0xFF, 0xFE] + Array("</name></domainsnapshot>".utf8), ":1:"
    ),
    (
      "unknown encoding", Array("<?xml version='1.0' encoding='x-klingon'?><domainsnapshot/>".utf8),
      ":1:"
    ),
    ("bomb", Array(bomb.utf8), ":3: a document type that declares entities"),
    ("deep", Array(String(repeating: "<a>", count: 100_000).utf8), ":1:"),
    ("words", Array("just words\n".utf8), ":1:1: not well-formed XML: "),
  ]

  @Test("the text has one line with the place, the exit status is 1", arguments: cases.map(\.name))
  func content(name: String) throws {
    let fixture = try XMLCommandFixture()
    let example = try #require(Self.cases.first { $0.name == name })
    try fixture.directory.write(example.bytes, to: "x.xml")
    for command in ["validate", "roundtrip"] {
      let result = fixture.run("xml", command, "x.xml")
      #expect(result.output.hasPrefix("x.xml" + example.line), "\(result.output)")
      #expect(result.output.split(separator: "\n").count == 1)
      #expect(result.error.isEmpty)
      #expect(result.status == 1)
    }
    let format = fixture.run("xml", "format", "x.xml")
    #expect(format.error.hasPrefix("error: x.xml" + example.line), "\(format.error)")
    #expect(format.output.isEmpty)
    #expect(format.status == 1)
  }

  @Test("a directory, a missing file and a file beyond the limit cannot be read: exit status 2")
  func unreadable() throws {
    let fixture = try XMLCommandFixture()
    let directory = fixture.run("xml", "validate", "/")
    #expect(directory.output == "/: cannot be read: Is a directory\n")
    #expect(directory.status == 2)
    // A file of holes: nothing of it is on the disk.
    let huge = fixture.path("huge.xml")
    #expect(FileManager.default.createFile(atPath: huge, contents: nil))
    #expect(truncate(huge, XMLDocument.maximumSize + 1) == 0)
    let tooLarge = fixture.run("xml", "validate", "huge.xml")
    #expect(tooLarge.output == "huge.xml: has more than the 67108864 bytes that are read of a document\n")
    #expect(tooLarge.status == 2)
    let format = fixture.run("xml", "format", "/no/such")
    #expect(format.error == "error: /no/such: cannot be read: No such file or directory\n")
    #expect(format.status == 2)
  }

  @Test("a document in another encoding is read by the one it declares")
  func encodings() throws {
    let fixture = try XMLCommandFixture()
    let head = Array("<?xml version='1.0' encoding='ISO-8859-1'?><domainsnapshot><name>".utf8)
    try fixture.directory.write(head + [0xE9] + Array("</name></domainsnapshot>".utf8), to: "latin.xml")
    #expect(fixture.run("xml", "format", "latin.xml").output.contains("<name>é</name>"))
  }

  @Test("names with a line break or quotes stay on one line of text and come back whole in JSON")
  func names() throws {
    let name = "a\n'b' \"c\" #.xml"
    let fixture = try XMLCommandFixture([name: XMLCommandFixture.good])
    #expect(fixture.run("xml", "validate", name).output == "a\\n'b' \"c\" #.xml: valid\n")
    #expect(fixture.run("xml", "validate", "--json", name).output.contains(#""file":"#))
    let json = try JSONSerialization.jsonObject(
      with: Data(fixture.run("xml", "validate", "--json", name).output.utf8))
    let files = (json as? [String: Any])?["files"] as? [[String: Any]]
    #expect((files?.first?["file"] as? String)?.hasSuffix(name) == true)
  }

  @Test("a problem in every element of a large document gives a bounded list")
  func bounded() throws {
    let fixture = try XMLCommandFixture([
      "x.xml": "<domainsnapshot>" + String(repeating: "<y/>\n", count: 5000) + "</domainsnapshot>"
    ])
    let result = fixture.run("xml", "validate", "x.xml")
    #expect(result.output.split(separator: "\n").count == RelaxNGExplainer.maximumViolations)
    #expect(result.status == 1)
  }
}

@Suite("The program itself on documents")
struct XMLProcessTests {
  @Test("'-' is standard input, and the schemas of the source tree are found")
  func standardInput() throws {
    let good = try snapsh(["xml", "validate", "-"], stdin: Array(XMLCommandFixture.good.utf8))
    #expect(good.stdout == "(standard input): valid\n")
    #expect(good.status == 0)
    let format = try snapsh(["xml", "format", "-"], stdin: Array("<domainsnapshot/>".utf8))
    #expect(
      format.stdout == "<domainsnapshot/>\n" || format.stdout == "<domainsnapshot>\n</domainsnapshot>\n")
    let bad = try snapsh(["xml", "roundtrip", "-"], stdin: [])
    #expect(bad.stdout == "(standard input): there is no XML here: the text is empty\n")
    #expect(bad.status == 1)
  }

  @Test("an installed program finds the schemas below its own prefix")
  func installed() throws {
    let prefix = try TemporaryDirectory()
    let manager = FileManager.default
    try manager.createDirectory(atPath: prefix.file("bin"), withIntermediateDirectories: true)
    try manager.createDirectory(atPath: prefix.file("share/snapsh"), withIntermediateDirectories: true)
    // By another process: a program started while this one writes the file would hold it open, and it could not be run.
    try run(["cp", snapshBinary, prefix.file("bin/snapsh")]).check()
    try manager.copyItem(atPath: packageDirectory + "/schemas", toPath: prefix.file("share/snapsh/schemas"))
    let list = try run(
      [prefix.file("bin/snapsh"), "-q", "xml", "schema", "--list"], environment: ["SNAPSH_SCHEMA_DIR": nil])
    #expect(list.stdout.hasPrefix(prefix.file("share/snapsh/schemas/domainsnapshot.rng") + "\n"))
    try manager.removeItem(atPath: prefix.file("share"))
    let lost = try run([prefix.file("bin/snapsh"), "xml", "schema"], environment: ["SNAPSH_SCHEMA_DIR": nil])
    #expect(lost.stderr.contains("set SNAPSH_SCHEMA_DIR to the directory that holds domainsnapshot.rng"))
    #expect(lost.status == 2)
  }

  @Test("a reader that goes away is an error in one sentence, not a signal")
  func closedPipe() throws {
    let result = try run([
      "bash", "-c", "{ sleep 1; '\(snapshBinary)' xml schema; echo \"status $?\" >&2; } | true",
    ])
    #expect(
      result.stderr == "error: standard output was closed before everything was written to it\nstatus 1\n")
  }
}
