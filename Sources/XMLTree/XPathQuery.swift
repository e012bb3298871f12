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
    guard let set = result.pointee.nodesetval, let table = set.pointee.nodeTab else { return [] }
    var texts: [String] = []
    for index in 0..<Int(set.pointee.nodeNr) {
      guard let node = table[index] else { continue }
      texts.append(try serialised(node, of: copy.document, fileName: document.fileName))
    }
    return texts
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
