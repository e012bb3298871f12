import CLibXML2

/// A RELAX NG schema, loaded once and usable from any number of threads at the same time.
///
/// libxml2 only reads a loaded schema; what changes while a document is checked lives in a context of its own per call.
public final class RelaxNGSchema: @unchecked Sendable {
  /// One thing a document does that the schema does not allow.
  public struct Violation: Equatable, Sendable, CustomStringConvertible {
    /// The file's name as the document has it.
    public let fileName: String?
    /// The line of the element the message is about, 0 if unknown.
    public let line: Int
    /// That element's path, such as `/domainsnapshot/disks/disk[2]`; empty if unknown.
    public let elementPath: String
    /// libxml2's explanation on one line.
    public let message: String

    /// `file:line: path: message`, leaving out what is not known.
    public var description: String {
      var text = fileName ?? "XML text"
      if line > 0 { text += ":\(line)" }
      if !elementPath.isEmpty { text += ": \(elementPath)" }
      return "\(text): \(message)"
    }
  }

  /// The file the schema came from.
  public let path: String

  /// How many violations of one document are told; a text made to be wrong can have one per byte.
  public static let maximumViolations = 1000

  private let schema: xmlRelaxNGPtr

  /// Loads a schema and what it includes, from files only.
  /// - Parameter path: the `.rng` file; its `include`s are found relative to it.
  /// - Throws: ``XMLError`` with reason ``XMLError/Reason/unusableSchema(code:)``. The C function behind is
  ///   `xmlRelaxNGParse`.
  public init(path: String) throws(XMLError) {
    _ = libXML2IsReady
    _ = networkIsOff
    self.path = path
    let collector = LibXML2ErrorCollector()
    let schema: xmlRelaxNGPtr? = collector.collecting {
      guard let context = xmlRelaxNGNewParserCtxt(path) else { return nil }
      defer { xmlRelaxNGFreeParserCtxt(context) }
      return xmlRelaxNGParse(context)
    }
    guard let schema else {
      let fault = collector.decisive
      throw XMLError(
        .unusableSchema(code: fault?.code ?? 0), fileName: path, line: fault?.line ?? 0,
        "this RELAX NG schema cannot be used: \(fault?.message ?? "it cannot be read")")
    }
    self.schema = schema
  }

  deinit { xmlRelaxNGFree(schema) }

  /// Checks a document against the schema.
  ///
  /// libxml2 stops looking inside an element whose content it could not match, so mending what is reported can bring up
  /// more.
  /// - Returns: every violation in the order of finding, up to ``maximumViolations``; none when the document is valid.
  /// - Throws: ``XMLError`` when libxml2 is out of memory. The C function behind is `xmlRelaxNGValidateDoc`.
  public func violations(in document: XMLDocument) throws(XMLError) -> [Violation] {
    let copy = try LibXML2Copy(of: document)
    guard let context = xmlRelaxNGNewValidCtxt(schema) else {
      throw XMLError(.outOfMemory, fileName: document.fileName, "libxml2 is out of memory")
    }
    defer { xmlRelaxNGFreeValidCtxt(context) }
    let collector = LibXML2ErrorCollector(limit: Self.maximumViolations)
    var violations: [Violation] = []
    collector.observer = { error in
      let node = error.node?.assumingMemoryBound(to: xmlNode.self)
      violations.append(
        Violation(
          fileName: document.fileName, line: node.map(LibXML2Copy.line) ?? error.line,
          elementPath: node.map(LibXML2Copy.path) ?? "", message: error.message))
    }
    let verdict = collector.collecting { xmlRelaxNGValidateDoc(context, copy.document) }
    if verdict != 0 && violations.isEmpty {
      violations.append(
        Violation(
          fileName: document.fileName, line: document.root.line,
          elementPath: XMLElementPath(root: document.root).description,
          message: "the document does not match the schema"))
    }
    return violations
  }
}

/// Schemas come from files only: libxml2's loader of included documents is one per process and would fetch URLs.
private let networkIsOff: Void = xmlSetExternalEntityLoader(xmlNoNetExternalEntityLoader)
