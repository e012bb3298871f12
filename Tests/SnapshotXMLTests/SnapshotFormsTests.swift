import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

/// Texts as people and programs write them, and their canonical form: `NAME.in.xml` beside `NAME.out.xml`.
private func forms() throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: testdata("snapshotxml/forms"))
    .filter { $0.hasSuffix(".in.xml") }.map { String($0.dropLast(".in.xml".count)) }.sorted()
}

/// The way of reading is the first word of the name.
private func mode(_ name: String) throws -> SnapshotDocument.Mode {
  switch name.split(separator: "-").first {
  case "create": .create
  case "redefine": .redefine
  case "internal": .internalMetadata
  case "any": .any
  default: throw TestSupportError("\(name) does not begin with a way of reading")
  }
}

@Suite struct SnapshotFormsTests {
  @Test(arguments: try forms())
  func `a text is put into its canonical form, which then stays as it is`(name: String) throws {
    let input = try testdataBytes("snapshotxml/forms/\(name).in.xml")
    let expected = String(decoding: try testdataBytes("snapshotxml/forms/\(name).out.xml"), as: UTF8.self)
    let snapshot = try SnapshotDocument.parse(input, fileName: name, mode: mode(name), allowMirrors: true)
    #expect(snapshot.text() == expected)
    let again = try SnapshotDocument.parse(snapshot.bytes(), mode: mode(name), allowMirrors: true)
    #expect(again == snapshot)
    #expect(again.text() == expected)
  }

  @Test func `a request takes nothing from what only a finished snapshot has`() throws {
    let text = """
      <domainsnapshot><name>n</name><state>bogus</state><creationTime>x</creationTime><parent/><domain/>
      <inactiveDomain/><cookie/><active>x</active><revertDisks><disk/></revertDisks></domainsnapshot>
      """
    let snapshot = try SnapshotDocument.parse(Array(text.utf8), mode: .create, allowMirrors: false)
    #expect(snapshot == SnapshotDocument(name: "n"))
  }

  @Test func `reading whatever there is requires nothing but what is there to be right`() throws {
    func read(_ body: String) throws -> SnapshotDocument {
      try SnapshotDocument.parse(
        Array("<domainsnapshot>\(body)</domainsnapshot>".utf8), mode: .any, allowMirrors: true)
    }
    #expect(try read("") == SnapshotDocument())
    #expect(try read("<state>running</state>") == SnapshotDocument(state: .running))
    #expect(try read("<active>0</active>") == SnapshotDocument(isActive: false))
    #expect(throws: SnapshotXMLError.self) { try read("<state>bogus</state>") }
    #expect(throws: SnapshotXMLError.self) { try read("<creationTime/>") }
    #expect(throws: SnapshotXMLError.self) { try read("<active>x</active>") }
  }

  @Test func `libvirt's metadata needs its mark`() throws {
    let text =
      "<domainsnapshot><name>n</name><state>running</state><creationTime>5</creationTime></domainsnapshot>"
    let error = try #require(throws: SnapshotXMLError.self) {
      try SnapshotDocument.parse(Array(text.utf8), mode: .internalMetadata, allowMirrors: false)
    }
    #expect(error.message == "internal error: Could not find 'active' element")
    #expect(error.code == .internalError)
  }

  @Test func `a creation time of zero is not written, as libvirt does`() {
    #expect(SnapshotDocument(creationTime: 0).text() == "<domainsnapshot/>\n")
    #expect(SnapshotDocument(creationTime: -5).text().contains("<creationTime>-5</creationTime>"))
  }
}
