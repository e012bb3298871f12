import CLibXML2

extension XMLDocument {
  /// Parses a document from its bytes, which may be in any encoding that they declare.
  ///
  /// Made for text from anywhere: nothing is read but these bytes (no network, no file, no outside DTD or entity). A
  /// document that declares entities, elements or attributes itself is refused, so that nothing can multiply while it is
  /// read. libvirt 9.0's own parser expands internal entities where it does not validate; no document of its making has
  /// any. Size is bounded by ``maximumSize``, depth by ``maximumDepth``. A prefix that nobody declared is accepted, as
  /// libvirt does.
  /// - Parameters:
  ///   - bytes: the whole text, with or without an XML declaration.
  ///   - fileName: what to call the text in messages.
  /// - Returns: the whole document as values.
  /// - Throws: ``XMLError`` with the place of the first fault. The C function behind is `xmlCtxtReadMemory`.
  public static func parse(_ bytes: [UInt8], fileName: String? = nil) throws(XMLError) -> XMLDocument {
    guard !bytes.isEmpty else {
      throw XMLError(.empty, fileName: fileName, "there is no XML here: the text is empty")
    }
    guard bytes.count <= maximumSize, let size = Int32(exactly: bytes.count) else {
      throw XMLError(
        .tooLarge(bytes: bytes.count), fileName: fileName,
        "the text has \(bytes.count) bytes, more than the \(maximumSize) that are accepted")
    }
    _ = libXML2IsReady
    guard let context = xmlNewParserCtxt() else {
      throw XMLError(.outOfMemory, fileName: fileName, "libxml2 is out of memory")
    }
    defer { xmlFreeParserCtxt(context) }
    refuseDeclarations(context)
    noteLines(context)

    let collector = LibXML2ErrorCollector()
    let parsed = collector.collecting {
      bytes.withUnsafeBytes { raw in
        xmlCtxtReadMemory(
          context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), size, nil, nil,
          Int32(bitPattern: XML_PARSE_NONET.rawValue))
      }
    }
    defer { if let parsed { xmlFreeDoc(parsed) } }

    // The handlers of refuseDeclarations leave their mark here: the line of the first declaration.
    let declarationLine = Int(bitPattern: context.pointee._private)
    guard declarationLine == 0 else {
      throw XMLError(
        .declaresOwnGrammar, fileName: fileName, line: declarationLine,
        "a document type that declares entities, elements or attributes is not accepted: "
          + "write their values out and leave <!DOCTYPE> away")
    }
    // A reference that an outside DTD might have explained is a lesser error to libxml2, which drops it from attributes.
    let unexplained = collector.errors.first { $0.code == Int32(XML_WAR_UNDECLARED_ENTITY.rawValue) }
    guard let parsed, context.pointee.wellFormed != 0, unexplained == nil else {
      let fault = collector.decisive ?? unexplained
      throw XMLError(
        .notWellFormed(code: fault?.code ?? 0), fileName: fileName, line: fault?.line ?? 0,
        column: fault?.column ?? 0, "not well-formed XML: \(fault?.message ?? "it cannot be parsed")")
    }
    // libxml2 takes a NUL after the root element for the end of the text.
    if let input = context.pointee.input?.pointee, let end = input.end, let current = input.cur, current < end
    {
      throw XMLError(
        .notWellFormed(code: Int32(XML_ERR_DOCUMENT_END.rawValue)), fileName: fileName,
        line: Int(input.line), column: Int(input.col),
        "not well-formed XML: a NUL byte stands after the end of the document")
    }
    return try LibXML2TreeReader(fileName: fileName).document(parsed)
  }

  /// Parses a document from text.
  /// - Throws: ``XMLError`` with the place of the first fault.
  public static func parse(_ text: String, fileName: String? = nil) throws(XMLError) -> XMLDocument {
    try parse(Array(text.utf8), fileName: fileName)
  }
}

/// Keeps each element's line in its `_private`: libxml2's own field holds 16 bits only.
private func noteLines(_ context: xmlParserCtxtPtr) {
  context.pointee.sax?.pointee.startElementNs = {
    context, name, prefix, uri, namespaceCount, namespaces, attributeCount, defaulted, attributes in
    xmlSAX2StartElementNs(
      context, name, prefix, uri, namespaceCount, namespaces, attributeCount, defaulted, attributes)
    guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self).pointee,
      let element = context.node, let input = context.input
    else { return }
    element.pointee._private = UnsafeMutableRawPointer(bitPattern: Int(input.pointee.line))
  }
}

/// Makes the parser stop at the first declaration inside `<!DOCTYPE … [ … ]>`.
///
/// Entities can multiply, and defaults from `<!ATTLIST>` can too (one long default on very many elements), so neither is
/// let in; libxml2 2.9 bounds the first kind only.
private func refuseDeclarations(_ context: xmlParserCtxtPtr) {
  guard let handlers = context.pointee.sax else { return }
  handlers.pointee.entityDecl = { context, _, _, _, _, _ in stopAtDeclaration(context) }
  handlers.pointee.attributeDecl = { context, _, _, _, _, _, tree in
    xmlFreeEnumeration(tree)
    stopAtDeclaration(context)
  }
  handlers.pointee.elementDecl = { context, _, _, _ in stopAtDeclaration(context) }
  handlers.pointee.notationDecl = { context, _, _, _ in stopAtDeclaration(context) }
  handlers.pointee.unparsedEntityDecl = { context, _, _, _, _ in stopAtDeclaration(context) }
}

private func stopAtDeclaration(_ context: UnsafeMutableRawPointer?) {
  guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self) else { return }
  if context.pointee._private == nil {
    let line = max(1, Int(context.pointee.input?.pointee.line ?? 1))
    context.pointee._private = UnsafeMutableRawPointer(bitPattern: line)
  }
  xmlStopParser(context)
}
