import Foundation
import TestSupport
import Testing
import XMLTree

/// A schema in a directory of its own, with libxml2's verdict and the explainer's reasons side by side.
private struct Fixture {
  let directory: TemporaryDirectory
  let schema: RelaxNGSchema
  let explainer: RelaxNGExplainer

  init(_ grammar: String, others: [String: String] = [:]) throws {
    directory = try TemporaryDirectory()
    try directory.write(text: "<grammar \(Self.namespaces)>\(grammar)</grammar>", to: "main.rng")
    for (name, text) in others {
      try directory.write(text: "<grammar \(Self.namespaces)>\(text)</grammar>", to: name)
    }
    schema = try RelaxNGSchema(path: directory.file("main.rng"))
    explainer = try RelaxNGExplainer(path: directory.file("main.rng"), read: readFile)
  }

  private static let namespaces =
    "xmlns='http://relaxng.org/ns/structure/1.0' xmlns:x='urn:x' "
    + "datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'"

  /// The reasons, after libxml2 has confirmed the verdict.
  func reasons(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
    let document = try XMLDocument.parse(text)
    let reasons = explainer.violations(in: document)
    #expect(
      try schema.violations(in: document).isEmpty == reasons.isEmpty, "libxml2 and the explainer disagree",
      sourceLocation: sourceLocation)
    return reasons.map { "\($0.line) \($0.elementPath): \($0.message)" }
  }
}

private func readFile(_ path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map { [UInt8]($0) }
}

@Suite struct RelaxNGExplainerTests {
  private static let order = """
    <start><element name='order'><interleave>
      <element name='to'><text/></element>
      <optional><element name='note'><text/></element></optional>
      <zeroOrMore><ref name='item'/></zeroOrMore>
    </interleave></element></start>
    <define name='item'><element name='item'>
      <attribute name='kind'><choice><value>new</value><value>used</value></choice></attribute>
      <choice>
        <attribute name='code'><ref name='code'/></attribute>
        <group><attribute name='left'/><attribute name='right'/></group>
      </choice>
      <optional><element name='count'><data type='unsignedInt'/></element></optional>
    </element></define>
    <define name='code'><data type='string'><param name='pattern'>[A-Z]{3}</param></data></define>
    """

  @Test func `a valid document has no reasons`() throws {
    let fixture = try Fixture(Self.order)
    #expect(
      try fixture.reasons(
        "<order>\n<item kind=' used ' code='ABC'><count> 3 </count></item><!-- -->\n<to>me</to></order>")
        == [])
  }

  @Test func `every problem is named, at its element, and the rest is still looked at`() throws {
    let fixture = try Fixture(Self.order)
    let text = """
      <order>
        <itme kind='new'/>
        <item kind='nwe' code='ABC'/>
        <item kind='new' code='abc'>
          <count>-1</count>
        </item>
        <to>me</to>
        <to>you</to>
        <item kind='new' colour='red' code='ABC'>words</item>
        <item/>
        <item kind='new' code='ABC' left='1'/>
        words
      </order>
      """
    #expect(
      try fixture.reasons(text) == [
        "2 /order/itme: <itme> is not allowed in <order>; did you mean <item>?",
        "3 /order/item[1]: attribute 'kind' of <item> is 'nwe'; did you mean 'new'?",
        "4 /order/item[2]: attribute 'code' of <item> is 'abc', not a valid code",
        "5 /order/item[2]/count: the text of <count> is '-1', not of the type unsignedInt",
        "8 /order/to[2]: a second <to> is not allowed in <order>",
        "9 /order/item[3]: attribute 'colour' is not allowed on <item>; allowed there: 'kind', 'code', 'left', 'right'",
        "9 /order/item[3]: text is not allowed in <item>: 'words'",
        "10 /order/item[4]: <item> lacks the attribute 'kind'",
        "11 /order/item[5]: attribute 'left' does not go with the other attributes of <item>",
        "1 /order: text is not allowed in <order>: 'words'",
      ])
  }

  @Test func `what is missing is said at the element that lacks it`() throws {
    let fixture = try Fixture(
      """
      <start><element name='a'>
        <element name='b'><choice><attribute name='x'/><attribute name='y'/></choice></element>
        <choice><element name='c'><empty/></element><element name='d'><empty/></element></choice>
        <element name='e'><data type='integer'/></element>
      </element></start>
      """)
    #expect(try fixture.reasons("<a/>") == ["1 /a: <a> lacks <b> and <e>"])
    #expect(
      try fixture.reasons("<a><b/><c/><e/></a>") == [
        "1 /a/b: <b> lacks the attribute 'x' or 'y'",
        "1 /a/e: the text of <e> is empty, not of the type integer",
      ])
    #expect(
      try fixture.reasons("<a><b x=''/><e>1</e></a>")
        == ["1 /a/e: before <e>, <a> lacks <c> or <d>"])
    #expect(
      try fixture.reasons("<a><b x=''/><c/><b x=''/><e>1</e></a>")
        == ["1 /a/b[2]: a second <b> is not allowed in <a>"])
    #expect(try fixture.reasons("<b/>") == ["1 /b: the document is a <b> where <a> is expected"])
  }

  @Test func `names belong to their namespaces, and wildcards take what they do not except`() throws {
    let fixture = try Fixture(
      """
      <start><element name='a' ns='urn:a'>
        <zeroOrMore><attribute><anyName><except><name ns=''>b</name></except></anyName></attribute></zeroOrMore>
        <zeroOrMore><element><nsName ns='urn:x'/><text/></element></zeroOrMore>
        <optional><element name='x:only'><empty/></element></optional>
      </element></start>
      """)
    #expect(try fixture.reasons("<p:a xmlns:p='urn:a' c='1'><q:z xmlns:q='urn:x'/></p:a>") == [])
    #expect(
      try fixture.reasons("<a xmlns='urn:a' b='1'><z/></a>") == [
        "1 /a: attribute 'b' is not allowed on <a>",
        "1 /a/z: <z> is not allowed in <a>; allowed there: <only>",
      ])
    #expect(try fixture.reasons("<a/>") == ["1 /a: <a> has to be in a namespace"])
    #expect(
      try fixture.reasons("<a xmlns='urn:b'/>")
        == ["1 /a: <a> is in the namespace 'urn:b', where it means nothing here"])
  }

  @Test func `a schema may include, override, combine, nest and refer to itself`() throws {
    let fixture = try Fixture(
      """
      <include href='parts.rng'><define name='leaf'><element name='leaf'><value>mine</value></element></define></include>
      <start><element name='tree'><interleave><ref name='node'/>
        <grammar><start><element name='inner'><parentRef name='leaf'/></element></start></grammar>
      </interleave></element></start>
      <define name='more' combine='choice'><element name='two'><empty/></element></define>
      """,
      others: [
        "parts.rng": """
        <define name='leaf'><element name='leaf'><value>theirs</value></element></define>
        <define name='more'><element name='one'><empty/></element></define>
        <define name='node'><element name='node'><choice><ref name='node'/><ref name='leaf'/><ref name='more'/></choice>
        </element></define>
        """
      ])
    #expect(
      try fixture.reasons(
        "<tree><node><node><two/></node></node><inner><leaf>mine</leaf></inner></tree>") == [])
    #expect(
      try fixture.reasons("<tree><inner><leaf>theirs</leaf></inner><node><node/></node></tree>") == [
        "1 /tree/inner/leaf: the text of <leaf> is 'theirs', not 'mine'",
        "1 /tree/node/node: <node> lacks <node>, <leaf>, <one> or <two>",
      ])
  }

  @Test func `lists, exceptions and mixed content are followed`() throws {
    let fixture = try Fixture(
      """
      <start><element name='a'><mixed><zeroOrMore><element name='b'>
        <attribute name='sizes'><list><oneOrMore><data type='integer'><except><value>0</value></except></data>
        </oneOrMore></list></attribute>
      </element></zeroOrMore></mixed></element></start>
      """)
    #expect(try fixture.reasons("<a>x<b sizes='1 2  3'/>y<![CDATA[z]]></a>") == [])
    #expect(
      try fixture.reasons("<a><b sizes='1 0'/><b sizes=''/></a>") == [
        "1 /a/b[1]: attribute 'sizes' of <b> is '1 0', not of the type integer",
        "1 /a/b[2]: attribute 'sizes' of <b> is empty, not of the type integer",
      ])
  }

  @Test func `a document with a problem everywhere gives a bounded number of reasons`() throws {
    let fixture = try Fixture("<start><element name='a'><empty/></element></start>")
    let text = "<a>" + String(repeating: "<b/>", count: 1000) + "</a>"
    #expect(try fixture.reasons(text).count == RelaxNGExplainer.maximumViolations)
  }

  @Test func `a schema file that is missing is an error that names it`() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: XMLError.self) {
      _ = try RelaxNGExplainer(path: directory.file("nothing.rng"), read: readFile)
    }
  }
}
