import XMLTree

/// A document, or what `--xpath` and `--wrap` select of it.
struct XMLSelection: CommandResult {
  /// The text as virsh prints it, the newline at its end included.
  let xml: String

  /// - Parameters:
  ///   - document: A whole document as libvirt formats it.
  ///   - xpath: What to select; the whole document where there is none.
  ///   - wraps: Whether the selected nodes are put into one `<nodes>` element.
  /// - Throws: `XMLError` when the expression is wrong; ``CommandFailure`` in virsh's words when it gives no nodes.
  init(of document: String, xpath: String?, wraps: Bool) throws {
    guard let xpath else {
      xml = document
      return
    }
    xml = try Self.select(xpath, of: XMLDocument.parse(document), wraps: wraps)
  }

  private static func select(_ xpath: String, of document: XMLDocument, wraps: Bool) throws -> String {
    let query = XPathQuery(xpath)
    do {
      if wraps { return try query.wrappedNodes(in: document) + "\n" }
      return try query.nodes(in: document).map { $0 + "\n" }.joined()
    } catch {
      guard error.reason == .unusableQuery(code: 0) else { throw error }
      throw CommandFailure(lines: ["internal error: Incorrect xpath '\(xpath)'"], hiding: error)
    }
  }

  func render(into text: inout TextOutput) {
    text.print(xml)
  }
}
