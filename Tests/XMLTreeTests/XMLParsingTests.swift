import Testing
import XMLTree

@Suite struct XMLParsingTests {
  @Test func `a document comes back with names, attributes, namespaces, children and lines`() throws {
    let document = try XMLDocument.parse(
      """
      <?xml version='1.0'?>
      <!-- before -->
      <a:root xmlns:a='urn:a' xmlns='urn:d' k='1' a:l='2&#10;&lt;'>
        text<child/><![CDATA[<raw>]]><!--note--><?target some data?>
        <other>é&amp;&#x1F600;</other>
      </a:root>
      <?after?>
      """)
    let root = document.root
    #expect(root.name == "root" && root.prefix == "a" && root.namespace == "urn:a")
    #expect(root.qualifiedName == "a:root")
    #expect(
      root.namespaceDeclarations == [
        XMLNamespaceDeclaration(prefix: "a", uri: "urn:a"),
        XMLNamespaceDeclaration(prefix: nil, uri: "urn:d"),
      ])
    #expect(
      root.attributes == [
        XMLAttribute("k", "1"), XMLAttribute("l", "2\n<", prefix: "a", namespace: "urn:a"),
      ])
    #expect(root.line == 3)
    #expect(
      root.children == [
        .text("\n  text"), .element(XMLElement("child", namespace: "urn:d")), .cdata("<raw>"),
        .comment("note"), .processingInstruction(target: "target", data: "some data"), .text("\n  "),
        .element(XMLElement("other", namespace: "urn:d", children: [.text("é&😀")])), .text("\n"),
      ])
    #expect(root.elements.map(\.line) == [4, 5])
    #expect(document.prolog == [.comment(" before ")])
    #expect(document.epilog == [.processingInstruction(target: "after", data: nil)])
  }

  @Test func `a prefix nobody declared stays part of the name, as libvirt sees it`() throws {
    let root = try XMLDocument.parse("<r x:k='1'><x:disk/></r>").root
    #expect(root.elements.map(\.name) == ["x:disk"])
    #expect(root.attributes.map(\.name) == ["x:k"])
    #expect(root.elements(named: "disk").isEmpty)
  }

  @Test func `attributes are found by local name and elements only outside namespaces`() throws {
    let root = try XMLDocument.parse("<r xmlns:x='urn:x' x:k='1'><x:d>no</x:d><d>yes</d></r>").root
    #expect(root.attribute("k") == "1")
    #expect(root.attribute("j") == nil)
    #expect(root.firstElement(named: "d")?.stringValue == "yes")
    #expect(root.elements(named: "d").count == 1)
  }

  @Test func `an element's text leaves comments out and takes CDATA and descendants in`() throws {
    let root = try XMLDocument.parse("<r>a<!--x-->b<![CDATA[c]]><e>d<?p q?></e>&#101;</r>").root
    #expect(root.stringValue == "abcde")
  }

  @Test func `a path counts only siblings of the same name`() throws {
    let root = try XMLDocument.parse("<r><d/><e/><d><f/></d></r>").root
    let path = XMLElementPath(root: root)
    #expect(path.description == "/r")
    #expect(path.child(at: 0, of: root).description == "/r/d[1]")
    #expect(path.child(at: 1, of: root).description == "/r/e")
    let second = path.child(at: 2, of: root)
    #expect(second.child(at: 0, of: root.elements[2]).description == "/r/d[2]/f")
    #expect(path.child(at: 9, of: root).description == "/r")
  }

  @Test func `lines past the sixteen bits of libxml2 are still told`() throws {
    let text = "<r>" + String(repeating: "\n", count: 70_000) + "<late/>\n</r>"
    #expect(try XMLDocument.parse(text).root.elements[0].line == 70_001)
  }

  @Test func `equality ignores lines and nothing else`() throws {
    let one = try XMLDocument.parse("<r><d a='1'/></r>").root
    #expect(try XMLDocument.parse("<r><d\na='1'/></r>").root == one)
    #expect(try XMLDocument.parse("<r><d a='2'/></r>").root != one)
    #expect(try XMLDocument.parse("<r> <d a='1'/></r>").root != one)
  }

  @Test(arguments: [
    "<?xml version='1.0' encoding='ISO-8859-1'?><r a='\u{E9}'>\u{E9}</r>",
    "<?xml version='1.0' encoding='windows-1252'?><r a='\u{E9}'>\u{E9}</r>",
  ])
  func `a declared eight-bit encoding is honoured`(text: String) throws {
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    let root = try XMLDocument.parse(bytes).root
    #expect(root.stringValue == "é" && root.attribute("a") == "é")
  }

  @Test func `UTF-16 of either byte order is read`() throws {
    let text = "<?xml version='1.0' encoding='UTF-16'?><r>é😀</r>"
    var little: [UInt8] = [0xFF, 0xFE]
    var big: [UInt8] = [0xFE, 0xFF]
    for unit in text.utf16 {
      little += [UInt8(unit & 0xFF), UInt8(unit >> 8)]
      big += [UInt8(unit >> 8), UInt8(unit & 0xFF)]
    }
    #expect(try XMLDocument.parse(little).root.stringValue == "é😀")
    #expect(try XMLDocument.parse(big).root.stringValue == "é😀")
  }

  @Test func `a UTF-8 byte order mark is no content`() throws {
    #expect(try XMLDocument.parse([0xEF, 0xBB, 0xBF] + Array("<r/>".utf8)).root.name == "r")
  }

  @Test func `a document type that only names things is ignored`() throws {
    let document = try XMLDocument.parse("<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>")
    #expect(document == XMLDocument(root: XMLElement("r")))
    #expect(try XMLDocument.parse("<!DOCTYPE r [ <!-- empty --> ]><r/>").root.name == "r")
  }
}
