import Testing
import XMLTree

@Suite("Elements are changed in place")
struct XMLElementEditingTests {
  private func element(_ text: String) throws -> XMLElement { try XMLDocument.parse(text).root }

  @Test("each child of a name is changed where it stands, one of another namespace is not")
  func editing() throws {
    var root = try element("<a><b/>text<x:b xmlns:x='urn:x'/><c/><b n='1'/></a>")
    root.editElements(named: "b") { $0.setAttribute("n", "2") }
    #expect(root == (try element("<a><b n='2'/>text<x:b xmlns:x='urn:x'/><c/><b n='2'/></a>")))
  }

  @Test("an error stops the change and is passed on")
  func failing() throws {
    struct Stop: Error {}
    var root = try element("<a><b/><b/></a>")
    #expect(throws: Stop.self) { try root.editElements(named: "b") { _ in throw Stop() } }
  }

  @Test("children of several names go, with text and namesakes of other namespaces left")
  func removing() throws {
    var root = try element("<a><b/>text<x:b xmlns:x='urn:x'/><c/><d/></a>")
    root.removeElements(named: ["b", "c"])
    #expect(root == (try element("<a>text<x:b xmlns:x='urn:x'/><d/></a>")))
  }

  @Test("an attribute keeps its place, a new one comes last")
  func attributes() throws {
    var root = try element("<a x='1' y='2'/>")
    root.setAttribute("x", "3")
    root.setAttribute("z", "4")
    #expect(root.attributes.map(\.name) == ["x", "y", "z"])
    #expect(root.attributes.map(\.value) == ["3", "2", "4"])
  }

  @Test("a text takes the place of all that stood inside")
  func text() throws {
    var root = try element("<a>one<b/><!-- two --></a>")
    root.setText("three")
    #expect(root == (try element("<a>three</a>")))
  }
}
