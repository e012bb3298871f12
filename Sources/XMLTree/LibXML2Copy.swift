import CLibXML2

/// A libxml2 document built from a value tree, for those of libxml2's services that want one.
///
/// The document as first parsed is gone by then, and a changed value never had one. Each element's line is kept in
/// `_private`: libxml2's own field holds 16 bits only.
struct LibXML2Copy: ~Copyable {
  let document: xmlDocPtr

  init(of source: XMLDocument) throws(XMLError) {
    _ = libXML2IsReady
    guard let document = xmlNewDoc("1.0") else {
      throw XMLError(.outOfMemory, fileName: source.fileName, "libxml2 is out of memory")
    }
    self.document = document
    for node in source.prolog { Self.append(node, to: UnsafeMutableRawPointer(document), in: document) }
    Self.append(.element(source.root), to: UnsafeMutableRawPointer(document), in: document)
    for node in source.epilog { Self.append(node, to: UnsafeMutableRawPointer(document), in: document) }
  }

  deinit { xmlFreeDoc(document) }

  /// The line an element had in the text, 0 if it had none.
  static func line(of node: xmlNodePtr) -> Int {
    var current: xmlNodePtr? = node
    while let element = current {
      if element.pointee.type == XML_ELEMENT_NODE { return Int(bitPattern: element.pointee._private) }
      current = element.pointee.parent
    }
    return 0
  }

  /// The path of an element, in the form of ``XMLElementPath``.
  static func path(of node: xmlNodePtr) -> String {
    var path = ""
    var current: xmlNodePtr? = node
    while let element = current {
      if element.pointee.type == XML_ELEMENT_NODE { path = "/" + step(to: element) + path }
      current = element.pointee.parent
    }
    return path
  }

  private static func step(to element: xmlNodePtr) -> String {
    let name = qualifiedName(element)
    var index = 0
    var count = 0
    var sibling = element.pointee.parent?.pointee.children
    while let node = sibling {
      sibling = node.pointee.next
      guard node.pointee.type == XML_ELEMENT_NODE, qualifiedName(node) == name else { continue }
      count += 1
      if node == element { index = count }
    }
    return count > 1 ? "\(name)[\(index)]" : name
  }

  private static func qualifiedName(_ element: xmlNodePtr) -> String {
    let name = element.pointee.name.map { String(cString: $0) } ?? ""
    guard let prefix = element.pointee.ns?.pointee.prefix else { return name }
    return String(cString: prefix) + ":" + name
  }

  private static func append(_ node: XMLNode, to parent: UnsafeMutableRawPointer, in document: xmlDocPtr) {
    let made: xmlNodePtr?
    switch node {
    case .element(let element): made = xmlNewDocNode(document, nil, element.name, nil)
    case .text(let text): made = xmlNewDocText(document, text)
    case .cdata(let text): made = xmlNewCDataBlock(document, text, Int32(clamping: text.utf8.count))
    case .comment(let text): made = xmlNewDocComment(document, text)
    case .processingInstruction(let target, let data): made = xmlNewDocPI(document, target, data)
    }
    guard let made else { return }
    // A document begins with the same fields as a node, and libxml2 takes either here.
    xmlAddChild(parent.assumingMemoryBound(to: xmlNode.self), made)
    guard case .element(let element) = node else { return }
    made.pointee._private = UnsafeMutableRawPointer(bitPattern: element.line)
    for declaration in element.namespaceDeclarations {
      xmlNewNs(made, declaration.uri, declaration.prefix)
    }
    if element.namespace != nil {
      xmlSetNs(made, xmlSearchNs(document, made, element.prefix))
    }
    for attribute in element.attributes {
      let namespace = attribute.namespace == nil ? nil : xmlSearchNs(document, made, attribute.prefix)
      xmlNewNsProp(made, namespace, attribute.name, attribute.value)
    }
    for child in element.children { append(child, to: UnsafeMutableRawPointer(made), in: document) }
  }
}
