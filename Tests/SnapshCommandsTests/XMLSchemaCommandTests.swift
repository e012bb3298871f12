import Foundation
import TestSupport
import Testing
import XMLTree

@testable import SnapshCommands

@Suite("xml schema, and where the schemas are found")
struct XMLSchemaCommandTests {
  private static let names = [
    "domainsnapshot.rng", "disk-sources.rng", "embedded-documents.rng", "snapshot-disks.rng",
    "source-access.rng", "upstream-9.0/disks.rng", "upstream-9.0/domainsnapshot.rng",
    "upstream-9.0/encryption.rng", "upstream-9.0/network-sources.rng", "upstream-9.0/values.rng",
    "values.rng",
  ]

  @Test("the main schema is printed, or the one named, byte for byte")
  func prints() throws {
    let fixture = try XMLCommandFixture()
    let main = try String(contentsOfFile: packageDirectory + "/schemas/domainsnapshot.rng", encoding: .utf8)
    #expect(fixture.run("xml", "schema").output == main)
    let other = try String(
      contentsOfFile: packageDirectory + "/schemas/upstream-9.0/disks.rng", encoding: .utf8)
    #expect(fixture.run("xml", "schema", "upstream-9.0/disks.rng").output == other)
  }

  @Test("--list names every schema with its path, the main one first")
  func lists() throws {
    let fixture = try XMLCommandFixture()
    let lines = fixture.run("xml", "schema", "--list").output.split(separator: "\n").map(String.init)
    #expect(lines.map { $0.prefix { $0 != " " } }.map(String.init) == Self.names)
    #expect(
      lines.allSatisfy { FileManager.default.fileExists(atPath: String($0.split(separator: " ").last ?? "")) }
    )
    #expect(
      fixture.run("-q", "xml", "schema", "--list").output.split(separator: "\n").map(String.init)
        == Self.names.map { "\(packageDirectory)/schemas/\($0)" })
  }

  @Test(
    "a schema that does not exist, or a path out of the directory, is refused",
    arguments: ["nothing.rng", "../Package.swift", "/etc/passwd"])
  func unknown(name: String) throws {
    let result = try XMLCommandFixture().run("xml", "schema", name)
    #expect(
      result.error
        == "error: the schemas cannot be shown\n"
        + "error: there is no schema '\(name)'; 'snapsh xml schema --list' lists them\n")
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
  }

  @Test("the variable names the directory; where it is wrong, it is said so")
  func variable() throws {
    let result = try XMLCommandFixture().run("xml", "schema", environment: ["SNAPSH_SCHEMA_DIR": "/no/such"])
    #expect(
      result.error
        == "error: the schemas cannot be shown\n"
        + "error: SNAPSH_SCHEMA_DIR names '/no/such', which holds no readable domainsnapshot.rng\n")
    #expect(result.status == 2)
  }

  @Test("installed schemas are found beside the program, built ones in the source tree above it")
  func search() throws {
    let directory = try TemporaryDirectory()
    try directory.write(text: "<x/>", to: "usr/share/snapsh/schemas/domainsnapshot.rng")
    try directory.write(text: "<x/>", to: "source/schemas/domainsnapshot.rng")
    #expect(
      try SchemaDirectory(environment: [:], executable: directory.file("usr/bin/snapsh")).path
        == directory.file("usr/share/snapsh/schemas"))
    #expect(
      try SchemaDirectory(environment: [:], executable: directory.file("source/.build/debug/snapsh")).path
        == directory.file("source/schemas"))
    #expect(throws: SchemaDirectoryError.notFound) {
      try SchemaDirectory(
        environment: ["SNAPSH_SCHEMA_DIR": ""], executable: directory.file("other/bin/snapsh"))
    }
    #expect(
      "\(SchemaDirectoryError.notFound)"
        == "the schemas of snapsh are neither installed beside it (share/snapsh/schemas) nor in a directory above it; "
        + "set SNAPSH_SCHEMA_DIR to the directory that holds domainsnapshot.rng")
  }

  @Test("a schema that is broken is an error of its own, not the document's")
  func broken() throws {
    let fixture = try XMLCommandFixture(["a.xml": XMLCommandFixture.good])
    try fixture.directory.write(text: "<grammar>", to: "broken/domainsnapshot.rng")
    let result = fixture.run(
      "xml", "validate", "a.xml", environment: ["SNAPSH_SCHEMA_DIR": fixture.path("broken")])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(
      result.error.hasPrefix("error: the documents cannot be examined\nerror: broken/domainsnapshot.rng:1: "))
  }

  @Test("libvirt's schemas are used where both of them are installed")
  func libvirtSchemas() throws {
    let directory = try TemporaryDirectory()
    let choice = DomainSchemaChoice(nil)
    #expect(try choice.paths(snapshot: "s", installed: [directory.path]).domain == nil)
    try directory.write(text: "<x/>", to: "domain.rng")
    #expect(try choice.paths(snapshot: "s", installed: [directory.path]).domain == nil)
    try directory.write(text: "<x/>", to: "inactiveDomain.rng")
    let paths = try choice.paths(snapshot: "s", installed: ["/no/such", directory.path])
    #expect(paths.domain == directory.file("domain.rng"))
    #expect(paths.inactiveDomain == directory.file("inactiveDomain.rng"))
    #expect(try DomainSchemaChoice("none").paths(snapshot: "s", installed: [directory.path]).domain == nil)
  }
}
