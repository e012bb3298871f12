/// How a tree is laid out as text.
public enum XMLLayout: Sendable {
  /// libvirt's canonical layout: two spaces per level, single quotes, `<x/>` for an empty element, one newline at the end.
  ///
  /// The same bytes as libvirt 9.0 writes (`virBufferEscapeString`, `virXMLFormatElement`), and below a domain's
  /// `<metadata>` as libxml2 writes (`xmlNodeDump`, double quotes), because that is how libvirt keeps that part. Text that
  /// libvirt did not write keeps its meaning: where an element holds text besides elements, or says
  /// `xml:space='preserve'`, everything in it stays as it is; elsewhere only whitespace between elements changes.
  ///
  /// One difference is on purpose: a carriage return, and a tab or newline in an attribute, are written as references.
  /// libvirt writes them raw, and its own next reading turns them into something else.
  case libvirt
  /// Nothing is moved: all whitespace between tags stays; only quotes, references and empty elements are normalised.
  case asParsed
}

extension XMLDocument {
  /// The document as UTF-8 text without an XML declaration, closed by a newline.
  public func bytes(layout: XMLLayout) -> [UInt8] {
    var writer = XMLTextWriter()
    for node in prolog + [.element(root)] + epilog {
      writer.append(node, layout: layout)
      writer.append(UInt8(ascii: "\n"))
    }
    return writer.bytes
  }
}

extension XMLElement {
  /// The element as UTF-8 text without an XML declaration, closed by a newline.
  ///
  /// Declarations of namespaces made on elements around this one are not added.
  public func bytes(layout: XMLLayout) -> [UInt8] {
    var writer = XMLTextWriter()
    writer.append(.element(self), layout: layout)
    writer.append(UInt8(ascii: "\n"))
    return writer.bytes
  }

  /// What ``bytes(layout:)`` gives, as a string.
  public func text(layout: XMLLayout) -> String { String(decoding: bytes(layout: layout), as: UTF8.self) }

  /// The same element without the whitespace that ``XMLLayout/libvirt`` makes anew.
  ///
  /// Two texts that differ only in how they are laid out give equal elements.
  public func withoutLayout() -> XMLElement {
    guard !keepsWhitespace else { return self }
    var copy = self
    copy.children = children.compactMap { child in
      switch child {
      case .text: nil
      case .element(let element): .element(element.withoutLayout())
      case .cdata, .comment, .processingInstruction: child
      }
    }
    return copy
  }

  /// Whether the children must be written exactly as they are, because whitespace among them may carry meaning.
  var keepsWhitespace: Bool {
    if let space = attributes.first(where: { $0.name == "space" && $0.prefix == "xml" }) {
      if space.value == "preserve" { return true }
    }
    var hasMarkup = false
    for child in children {
      switch child {
      case .cdata: return true
      case .text(let text): if !text.utf8.allSatisfy(isXMLWhitespace) { return true }
      case .element, .comment, .processingInstruction: hasMarkup = true
      }
    }
    // Whitespace alone is all the content there is, as in libvirt's own "<devices>\n  </devices>".
    return !hasMarkup
  }
}

func isXMLWhitespace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
}
