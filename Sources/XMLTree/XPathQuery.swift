import CLibXML2

/// An XPath 1.0 expression, evaluated as virsh's `--xpath` does.
public struct XPathQuery: Sendable {
  /// The expression as given.
  public let expression: String

  /// Takes an expression; it is checked when it is evaluated.
  public init(_ expression: String) { self.expression = expression }

  /// The nodes an expression selects, each in libxml2's own serialisation (double quotes), in document order.
  ///
  /// Prefixes declared on the root element can be used in the expression.
  /// - Throws: ``XMLError`` with reason ``XMLError/Reason/unusableQuery(code:)`` when the expression is wrong or does not
  ///   give nodes. The C functions behind are `xmlXPathEvalExpression` and `xmlNodeDump`.
  public func nodes(in document: XMLDocument) throws(XMLError) -> [String] {
    try selecting(in: document) { (selected, copy) throws(XMLError) in
      var texts: [String] = []
      for node in selected { texts.append(try serialised(node, of: copy, fileName: document.fileName)) }
      return texts
    }
  }

  /// The nodes an expression selects, put into one `<nodes>` element, as virsh's `--wrap` does; attributes become its own.
  ///
  /// - Throws: ``XMLError`` as ``nodes(in:)`` does. The C functions behind are `xmlDocCopyNode` and `xmlAddChild`.
  public func wrappedNodes(in document: XMLDocument) throws(XMLError) -> String {
    try selecting(in: document) { (selected, _) throws(XMLError) in
      let outOfMemory = XMLError(.outOfMemory, fileName: document.fileName, "libxml2 is out of memory")
      guard let wrapper = xmlNewDoc("1.0") else { throw outOfMemory }
      defer { xmlFreeDoc(wrapper) }
      guard let root = xmlNewDocNode(wrapper, nil, "nodes", nil) else { throw outOfMemory }
      xmlDocSetRootElement(wrapper, root)
      for node in selected {
        guard let copied = xmlDocCopyNode(node, wrapper, 1) else { throw outOfMemory }
        xmlAddChild(root, copied)
      }
      return try serialised(root, of: wrapper, fileName: document.fileName)
    }
  }

  /// Evaluates the expression and hands on what it selects, in document order, while the nodes are alive.
  private func selecting<Value>(
    in document: XMLDocument, _ body: ([xmlNodePtr], xmlDocPtr) throws(XMLError) -> Value
  ) throws(XMLError) -> Value {
    var document = document
    document.root = document.root.withoutBlanks
    let copy = try LibXML2Copy(of: document)
    guard let context = xmlXPathNewContext(copy.document) else {
      throw XMLError(.outOfMemory, fileName: document.fileName, "libxml2 is out of memory")
    }
    defer { xmlXPathFreeContext(context) }
    for declaration in document.root.namespaceDeclarations {
      if let prefix = declaration.prefix { xmlXPathRegisterNs(context, prefix, declaration.uri) }
    }
    let collector = LibXML2ErrorCollector()
    guard let result = collector.collecting({ xmlXPathEvalExpression(expression, context) }) else {
      let fault = collector.errors.first
      throw XMLError(
        .unusableQuery(code: fault?.code ?? 0), fileName: document.fileName,
        "XPath expression '\(expression)' cannot be evaluated: \(fault?.message ?? "it is not valid")")
    }
    defer { xmlXPathFreeObject(result) }
    guard result.pointee.type == XPATH_NODESET else {
      throw XMLError(
        .unusableQuery(code: 0), fileName: document.fileName,
        "XPath expression '\(expression)' does not select nodes: ask for elements, attributes or text()")
    }
    guard let set = result.pointee.nodesetval, let table = set.pointee.nodeTab else {
      return try body([], copy.document)
    }
    return try body((0..<Int(set.pointee.nodeNr)).compactMap { table[$0] }, copy.document)
  }

  private func serialised(
    _ node: xmlNodePtr, of document: xmlDocPtr, fileName: String?
  ) throws(XMLError) -> String {
    guard let buffer = xmlBufferCreate() else {
      throw XMLError(.outOfMemory, fileName: fileName, "libxml2 is out of memory")
    }
    defer { xmlBufferFree(buffer) }
    guard xmlNodeDump(buffer, document, node, 0, 1) >= 0, let content = xmlBufferContent(buffer) else {
      throw XMLError(.outOfMemory, fileName: fileName, "libxml2 could not write out a node")
    }
    return String(cString: content)
  }
}

extension XMLElement {
  /// The element without the whitespace that only lays it out, which libvirt drops when it reads (`xmlKeepBlanksDefault(0)`).
  ///
  /// Whitespace that is all an element holds stays, and so does all text of an element that begins with text.
  fileprivate var withoutBlanks: XMLElement {
    var copy = self
    var keepsText = children.count == 1
    if case .text(let first) = children.first {
      keepsText = keepsText || !first.utf8.allSatisfy(isXMLWhitespace)
    }
    copy.children = children.compactMap { child in
      switch child {
      case .element(let element): .element(element.withoutBlanks)
      case .text(let text) where !keepsText && text.utf8.allSatisfy(isXMLWhitespace): nil
      default: child
      }
    }
    return copy
  }
}
