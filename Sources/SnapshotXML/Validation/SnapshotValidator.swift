import XMLTree

/// Examines snapshot documents: the schema of the snapshot, libvirt's schema of the guest inside, libvirt's rules.
///
/// One validator serves one thread; validators share their ``SnapshotSchemas``.
public final class SnapshotValidator {
  private let schemas: SnapshotSchemas
  private let rules: SnapshotRules?
  private var explainers: [String: RelaxNGExplainer] = [:]

  /// Makes a validator.
  ///
  /// - Parameters:
  ///   - schemas: The schemas to hold documents against.
  ///   - rules: How libvirt's parser is to read them, nil to look at the schemas alone.
  public init(_ schemas: SnapshotSchemas, rules: SnapshotRules?) {
    self.schemas = schemas
    self.rules = rules
  }

  /// Examines a document.
  ///
  /// - Parameter document: A document of any kind.
  /// - Throws: `XMLError` where a schema cannot be used; the document has no part in that.
  /// - Returns: The problems in the order of their lines; none where the document is valid.
  public func problems(in document: XMLDocument) throws(XMLError) -> [SnapshotProblem] {
    let root = document.root
    // The schema of the snapshot takes whatever a definition holds, so what has a schema of its own need not be shown to it.
    var outline = document
    var problems: [SnapshotProblem] = []
    for (position, child) in root.children.enumerated() {
      guard case .element(var element) = child, let schema = schema(for: element) else { continue }
      let path = XMLElementPath(root: root).child(at: position, of: root).description
      problems += try self.problems(inPart: element, of: document, at: path, schema)
      element.children = []
      outline.root.children[position] = .element(element)
    }
    problems = try self.problems(in: outline, schemas.snapshot, check: .schema) + problems
    if let rules { problems += rules.problems(in: document) }
    return problems.enumerated()
      .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
  }

  /// libvirt's schema for a part that is a document of its own.
  private func schema(for element: XMLElement) -> LoadedSchema? {
    // What names a guest by its UUID alone is no definition.
    guard element.namespace == nil, element.attribute("type") != nil else { return nil }
    switch element.name {
    case "domain": return schemas.domain
    case "inactiveDomain": return schemas.inactiveDomain
    default: return nil
    }
  }

  private func problems(
    inPart element: XMLElement, of document: XMLDocument, at path: String, _ schema: LoadedSchema
  ) throws(XMLError) -> [SnapshotProblem] {
    var part = element
    // Prefixes that are declared outside would be lost with the element around.
    let own = Set(part.namespaceDeclarations.map(\.prefix))
    part.namespaceDeclarations += document.root.namespaceDeclarations.filter { !own.contains($0.prefix) }
    let standalone = XMLDocument(root: part, fileName: document.fileName)
    let ownPath = XMLElementPath(root: part).description
    return try problems(in: standalone, schema, check: .domainSchema).map { problem in
      SnapshotProblem(
        problem.check, line: problem.line, column: problem.column,
        elementPath: path + problem.elementPath.dropFirst(ownPath.count), problem.message)
    }
  }

  private func problems(
    in document: XMLDocument, _ schema: LoadedSchema, check: SnapshotProblem.Check
  ) throws(XMLError) -> [SnapshotProblem] {
    let violations = try schema.schema().violations(in: document)
    guard !violations.isEmpty else { return [] }
    // libxml2 has the last word on validity; its own words stand in where the explainer has none.
    let explained = (try? explainer(for: schema))?.violations(in: document) ?? []
    return (explained.isEmpty ? violations : explained).map {
      SnapshotProblem(check, line: $0.line, elementPath: $0.elementPath, $0.message)
    }
  }

  private func explainer(for schema: LoadedSchema) throws(XMLError) -> RelaxNGExplainer {
    if let known = explainers[schema.path] { return known }
    let explainer = try schema.explainer()
    explainers[schema.path] = explainer
    return explainer
  }
}
