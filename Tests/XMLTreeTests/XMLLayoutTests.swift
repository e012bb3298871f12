import Testing
import XMLTree

/// A domain's metadata as libvirt 9.0 printed it (`virsh dumpxml`, test driver), with every kind of node in it.
private let metadata = """
  <domain type='test' xmlns:qemu='urn:q'>
    <description>a &quot;b&quot; &apos;c&apos; é &lt;x&gt;</description>
    <metadata>
      <a:x xmlns:a="http://a" k="&#xE9;&quot;q&#10;n'" z="1">
        <!-- c -->
        <b>t é "'&#13;x<i/> <j><k/></j></b>
        <c>  </c>
        <d xml:space="preserve"> <e/> </d>
        <f><![CDATA[ab<]]></f>
        <g>
          <h/>
          <?pi data?>
        </g>
        <l xmlns="http://l">
          <m n="4"/>
        </l>
        <o><p/> text</o>
      </a:x>
    </metadata>
    <devices>
    </devices>
  </domain>

  """

@Suite struct XMLLayoutTests {
  private func libvirt(_ text: String) throws -> String {
    String(decoding: try XMLDocument.parse(text).bytes(layout: .libvirt), as: UTF8.self)
  }

  @Test func `what libvirt printed comes back byte for byte, metadata in libxml2's own dialect`() throws {
    #expect(try libvirt(metadata) == metadata)
  }

  @Test func `a text on one line and one laid out by hand give the same canonical text`() throws {
    let canonical = "<a k='1'>\n  <b/>\n  <c>text</c>\n</a>\n"
    #expect(try libvirt("<?xml version='1.0'?><a k=\"1\"><b></b><c>text</c></a>") == canonical)
    #expect(try libvirt("<a\n  k='1'>\r\n\t<b />\n\n  <c>text</c></a>\n\n") == canonical)
    #expect(try libvirt(canonical) == canonical)
  }

  @Test func `every special character is escaped in text and attributes, the rest is raw`() throws {
    #expect(
      try libvirt("<a k=\"&lt;&gt;&amp;&quot;'é&#x1F600;\">&lt;&gt;&amp;\"'é\t\u{85}</a>")
        == "<a k='&lt;&gt;&amp;&quot;&apos;é😀'>&lt;&gt;&amp;&quot;&apos;é\t\u{85}</a>\n")
  }

  @Test func `line ends that a reader would change are written as references`() throws {
    let text = "<a k='1&#9;2&#10;3&#13;4'>5&#13;6</a>\n"
    #expect(try libvirt(text) == text)
  }

  @Test func `control characters put into a tree by hand are dropped, never written`() throws {
    let element = XMLElement(
      "a", attributes: [XMLAttribute("k", "1\u{1}2\u{1F}3")], children: [.text("x\u{0}y\u{B}z\u{7F}")])
    #expect(element.text(layout: .libvirt) == "<a k='123'>xyz\u{7F}</a>\n")
  }

  @Test(arguments: [
    "<a>text <b/> more <c> <d/> </c></a>", "<a> <b/> tail</a>", "<a xml:space='preserve'> <b> <c/> </b></a>",
    "<a><![CDATA[ x ]]> <b/></a>", "<a>   </a>", "<a>\n</a>", "<a> padded </a>", "<a>two\nlines</a>",
  ])
  func `mixed content and kept space stay as they are`(text: String) throws {
    #expect(try libvirt(text) == text + "\n")
  }

  @Test func `comments and instructions keep their places`() throws {
    #expect(
      try libvirt("<?before x?><!--1--><a><!--2--><b/><?in?></a><!--3-->")
        == "<?before x?>\n<!--1-->\n<a>\n  <!--2-->\n  <b/>\n  <?in?>\n</a>\n<!--3-->\n")
  }

  @Test func `namespaces follow the attributes, as in libvirt's own domain element`() throws {
    #expect(
      try libvirt("<domain xmlns:q='urn:q' type='kvm'><q:arg q:v='1' w='2'/></domain>")
        == "<domain type='kvm' xmlns:q='urn:q'>\n  <q:arg q:v='1' w='2'/>\n</domain>\n")
  }

  @Test func `a CDATA section that holds its own end mark is cut in two`() throws {
    let element = XMLElement("a", children: [.cdata("x]]>y]]]>z")])
    let text = element.text(layout: .libvirt)
    #expect(try XMLDocument.parse(text).root.stringValue == "x]]>y]]]>z")
  }

  @Test func `the layout that moves nothing keeps all whitespace`() throws {
    let document = try XMLDocument.parse("<a\n k=\"1\">\n\n <b/>x\n</a>")
    #expect(
      String(decoding: document.bytes(layout: .asParsed), as: UTF8.self) == "<a k='1'>\n\n <b/>x\n</a>\n")
    #expect(try XMLDocument.parse(document.bytes(layout: .asParsed)) == document)
  }

  @Test func `laying out twice changes nothing more, whatever the text`() throws {
    for text in [metadata, "<a>x<b> <c/></b></a>", "<a><b> <c/>\n</b><!--\n--></a>", "<a> <?p?> </a>"] {
      let once = try libvirt(text)
      #expect(try libvirt(once) == once)
    }
  }
}

@Suite struct XPathQueryTests {
  private let document = """
    <domainsnapshot xmlns:q='urn:q'>
      <name>s&amp;1</name>
      <disks><disk name='vda'/><disk name='vdb'><source file='/b'/></disk></disks>
      <q:x/>
    </domainsnapshot>
    """

  @Test func `selected nodes come in libxml2's own words`() throws {
    let parsed = try XMLDocument.parse(document)
    #expect(try XPathQuery("//disk[1]").nodes(in: parsed) == ["<disk name=\"vda\"/>"])
    #expect(
      try XPathQuery("//disk[source]").nodes(in: parsed)
        == ["<disk name=\"vdb\">\n  <source file=\"/b\"/>\n</disk>"])
    #expect(try XPathQuery("//name/text()").nodes(in: parsed) == ["s&amp;1"])
    #expect(try XPathQuery("//disk/@name").nodes(in: parsed) == [" name=\"vda\"", " name=\"vdb\""])
    #expect(try XPathQuery("//q:x").nodes(in: parsed) == ["<q:x/>"])
    #expect(try XPathQuery("//nothing").nodes(in: parsed).isEmpty)
  }

  @Test(arguments: ["//[", "", "count(//disk)", "nope()", "//undeclared:x", "string(//name)"])
  func `an expression that gives no nodes is an error that names it`(expression: String) throws {
    let error = try #require(throws: XMLError.self) {
      try XPathQuery(expression).nodes(in: XMLDocument.parse(document))
    }
    guard case .unusableQuery = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(error.message.contains("'\(expression)'"))
  }
}
