import CLibXML2

/// Copies libxml2's tree into values.
///
/// Each element's line is expected in its `_private`.
struct LibXML2TreeReader {
  let fileName: String?

  func document(_ document: xmlDocPtr) throws(XMLError) -> XMLDocument {
    var root: XMLElement?
    var prolog: [XMLNode] = []
    var epilog: [XMLNode] = []
    var next = document.pointee.children
    while let node = next {
      next = node.pointee.next
      if node.pointee.type == XML_ELEMENT_NODE {
        root = try element(node)
      } else if let other = try self.node(node) {
        if root == nil { prolog.append(other) } else { epilog.append(other) }
      }
    }
    guard let root else {
      throw XMLError(
        .notWellFormed(code: 0), fileName: fileName, "not well-formed XML: there is no root element")
    }
    return XMLDocument(root: root, prolog: prolog, epilog: epilog, fileName: fileName)
  }

  private func element(_ node: xmlNodePtr) throws(XMLError) -> XMLElement {
    var element = XMLElement(string(node.pointee.name), line: Int(bitPattern: node.pointee._private))
    if let namespace = node.pointee.ns {
      element.prefix = optionalString(namespace.pointee.prefix)
      element.namespace = optionalString(namespace.pointee.href)
    }
    var declaration = node.pointee.nsDef
    while let current = declaration {
      declaration = current.pointee.next
      element.namespaceDeclarations.append(
        XMLNamespaceDeclaration(
          prefix: optionalString(current.pointee.prefix), uri: optionalString(current.pointee.href) ?? ""))
    }
    var attribute = node.pointee.properties
    while let current = attribute {
      attribute = current.pointee.next
      var value = XMLAttribute(string(current.pointee.name), try attributeValue(current, line: element.line))
      if let namespace = current.pointee.ns {
        value.prefix = optionalString(namespace.pointee.prefix)
        value.namespace = optionalString(namespace.pointee.href)
      }
      element.attributes.append(value)
    }
    var next = node.pointee.children
    while let current = next {
      next = current.pointee.next
      guard let child = try self.node(current) else { continue }
      if case .text(let text) = child, case .text(let before) = element.children.last {
        element.children[element.children.count - 1] = .text(before + text)
      } else {
        element.children.append(child)
      }
    }
    return element
  }

  private func node(_ node: xmlNodePtr) throws(XMLError) -> XMLNode? {
    switch node.pointee.type {
    case XML_ELEMENT_NODE: return .element(try element(node))
    case XML_TEXT_NODE: return .text(string(node.pointee.content))
    case XML_CDATA_SECTION_NODE: return .cdata(string(node.pointee.content))
    case XML_COMMENT_NODE: return .comment(string(node.pointee.content))
    case XML_PI_NODE:
      return .processingInstruction(
        target: string(node.pointee.name), data: optionalString(node.pointee.content))
    case XML_ENTITY_REF_NODE: throw undefinedEntity(node, line: Int(xmlGetLineNo(node)))
    default: return nil
    }
  }

  private func attributeValue(_ attribute: xmlAttrPtr, line: Int) throws(XMLError) -> String {
    var value = ""
    var next = attribute.pointee.children
    while let current = next {
      next = current.pointee.next
      guard current.pointee.type == XML_TEXT_NODE else { throw undefinedEntity(current, line: line) }
      value += string(current.pointee.content)
    }
    return value
  }

  /// libxml2 lets a reference to an unknown entity pass when an outside DTD might have declared it.
  private func undefinedEntity(_ node: xmlNodePtr, line: Int) -> XMLError {
    XMLError(
      .notWellFormed(code: Int32(XML_ERR_UNDECLARED_ENTITY.rawValue)), fileName: fileName, line: line,
      "not well-formed XML: entity '\(string(node.pointee.name))' is not defined")
  }

  private func string(_ bytes: UnsafePointer<xmlChar>?) -> String { optionalString(bytes) ?? "" }

  private func optionalString(_ bytes: UnsafePointer<xmlChar>?) -> String? {
    bytes.map { String(cString: $0) }
  }
}
