/// Writes nodes as UTF-8 text.
struct XMLTextWriter {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(8192) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ node: XMLNode, layout: XMLLayout) {
    append(node, Style(dialect: .libvirt, depth: 0, isFrozen: layout == .asParsed))
  }

  /// Who would have written this part, and how.
  private struct Style {
    enum Dialect {
      /// Single quotes, attributes before namespaces, every special character escaped everywhere.
      case libvirt
      /// Double quotes, namespaces before attributes, only what must be escaped is.
      case libxml2
    }
    var dialect: Dialect
    var depth: Int
    /// Inside mixed content: nothing is added or dropped.
    var isFrozen: Bool
  }

  private mutating func append(_ node: XMLNode, _ style: Style) {
    switch node {
    case .element(let element): append(element, style)
    case .text(let text): appendEscaped(text, style.dialect == .libvirt ? .libvirtText : .libxml2Text)
    case .cdata(let text): appendCDATA(text)
    case .comment(let text): append("<!--", text, "-->")
    case .processingInstruction(let target, let data):
      append("<?", target)
      if let data { append(" ", data) }
      append("?>")
    }
  }

  private mutating func append(_ element: XMLElement, _ style: Style) {
    append("<")
    appendName(element.name, element.prefix)
    switch style.dialect {
    case .libvirt:
      for attribute in element.attributes { append(attribute, .libvirt) }
      for declaration in element.namespaceDeclarations { append(declaration, .libvirt) }
    case .libxml2:
      for declaration in element.namespaceDeclarations { append(declaration, .libxml2) }
      for attribute in element.attributes { append(attribute, .libxml2) }
    }
    guard !element.children.isEmpty else {
      append("/>")
      return
    }
    append(">")
    var inner = style
    inner.depth += 1
    if style.isFrozen || element.keepsWhitespace {
      inner.isFrozen = true
      for child in element.children { append(child, inner) }
    } else {
      for child in element.children {
        if case .text = child { continue }
        appendIndent(inner.depth)
        append(child, dialect(of: child, in: element, inner))
      }
      appendIndent(style.depth)
    }
    append("</")
    appendName(element.name, element.prefix)
    append(">")
  }

  /// libvirt hands the `<metadata>` of a domain to libxml2 and writes everything else itself.
  private func dialect(of child: XMLNode, in parent: XMLElement, _ style: Style) -> Style {
    guard case .element(let element) = child, element.name == "metadata", element.namespace == nil,
      parent.name == "domain" || parent.name == "inactiveDomain"
    else { return style }
    return Style(dialect: .libxml2, depth: style.depth, isFrozen: style.isFrozen)
  }

  private mutating func append(_ attribute: XMLAttribute, _ dialect: Style.Dialect) {
    append(" ")
    appendName(attribute.name, attribute.prefix)
    appendQuoted(attribute.value, dialect, libxml2Escapes: .libxml2Attribute)
  }

  private mutating func append(_ declaration: XMLNamespaceDeclaration, _ dialect: Style.Dialect) {
    append(" xmlns")
    if let prefix = declaration.prefix { append(":", prefix) }
    appendQuoted(declaration.uri, dialect, libxml2Escapes: .libxml2Namespace)
  }

  private mutating func appendQuoted(_ value: String, _ dialect: Style.Dialect, libxml2Escapes: XMLEscapes) {
    switch dialect {
    case .libvirt:
      append("='")
      appendEscaped(value, .libvirtAttribute)
      append("'")
    case .libxml2:
      append("=\"")
      appendEscaped(value, libxml2Escapes)
      append("\"")
    }
  }

  private mutating func appendName(_ name: String, _ prefix: String?) {
    if let prefix { append(prefix, ":") }
    append(name)
  }

  private mutating func appendIndent(_ depth: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
  }

  /// A section cannot hold its own end mark, so it is cut in two there.
  private mutating func appendCDATA(_ text: String) {
    append("<![CDATA[")
    var matched = 0
    for byte in text.utf8 {
      if matched >= 2 && byte == UInt8(ascii: ">") { append("]]><![CDATA[") }
      matched = byte == UInt8(ascii: "]") ? matched + 1 : 0
      bytes.append(byte)
    }
    append("]]>")
  }

  private mutating func append(_ parts: String...) {
    for part in parts { bytes.append(contentsOf: part.utf8) }
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func appendEscaped(_ text: String, _ escapes: XMLEscapes) {
    if !text.utf8.contains(where: { escapes.table[Int($0)] }) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars {
      if let reference = escapes.replacement(of: scalar) {
        append(reference)
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }
}
