/// A RELAX NG schema as patterns, compiled from its files.
///
/// Takes the whole of RELAX NG's XML syntax but checks nothing of it: libxml2 has accepted the schema before.
struct RelaxNGGrammar {
  var table = RelaxNGPatternTable()
  private(set) var datatypes: [RelaxNGData] = []
  private(set) var start = RelaxNGPatternTable.notAllowed

  private let files: RelaxNGFiles
  private var elements: [Element] = []
  private var elementIndices: [ElementKey: Int] = [:]

  private struct Element {
    let names: RelaxNGNameClass
    let source: XMLElement
    let surroundings: RelaxNGSurroundings
    let scope: RelaxNGGrammarScope?
    var content = RelaxNGPatternTable.notAllowed
  }

  /// An `<element>` of the schema by where it stands, so that each is compiled once.
  private struct ElementKey: Hashable {
    let path: String
    let line: Int
    let scope: ObjectIdentifier?
    let names: RelaxNGNameClass
    let content: Int
  }

  /// Loads a schema.
  ///
  /// - Parameters:
  ///   - path: The schema's main file.
  ///   - read: Gives the bytes of a file, nil where it cannot be read.
  /// - Throws: ``XMLError`` of a file that cannot be read or parsed.
  init(path: String, read: @escaping (String) -> [UInt8]?) throws(XMLError) {
    files = RelaxNGFiles(read: read)
    let (root, surroundings) = try files.load(path: path)
    start = try compile(root, surroundings, scope: nil)
    // All at once and in one order, so that patterns have the same indices whatever documents come.
    var index = 0
    while index < elements.count {
      let element = elements[index]
      elements[index].content = try compileChildren(
        of: element.source, element.surroundings, scope: element.scope)
      index += 1
    }
  }

  func nameClass(ofElement index: Int) -> RelaxNGNameClass { elements[index].names }

  func content(ofElement index: Int) -> RelaxNGPattern { elements[index].content }

  // MARK: - Patterns

  private mutating func compile(
    _ element: XMLElement, _ outer: RelaxNGSurroundings, scope: RelaxNGGrammarScope?
  ) throws(XMLError) -> RelaxNGPattern {
    let here = outer.inside(element)
    switch element.name {
    case "empty": return RelaxNGPatternTable.empty
    case "text": return RelaxNGPatternTable.text
    case "element": return elementPattern(element, here, scope: scope)
    case "attribute": return try attributePattern(element, here, scope: scope)
    case "group", "div": return try compileChildren(of: element, here, scope: scope)
    case "choice":
      return try combined(element, here, scope: scope, start: RelaxNGPatternTable.notAllowed) {
        $0.choice($1, $2)
      }
    case "interleave":
      return try combined(element, here, scope: scope, start: RelaxNGPatternTable.empty) {
        $0.interleave($1, $2)
      }
    case "mixed":
      return table.interleave(
        RelaxNGPatternTable.text, try compileChildren(of: element, here, scope: scope))
    case "optional":
      return table.choice(
        RelaxNGPatternTable.empty, try compileChildren(of: element, here, scope: scope))
    case "zeroOrMore": return table.zeroOrMore(try compileChildren(of: element, here, scope: scope))
    case "oneOrMore": return table.oneOrMore(try compileChildren(of: element, here, scope: scope))
    case "list": return table.intern(.list(try compileChildren(of: element, here, scope: scope)))
    case "value":
      return table.intern(
        .value(
          RelaxNGValue(
            library: element.attribute("type") == nil ? "" : here.datatypeLibrary,
            type: element.attribute("type") ?? "token", text: element.stringValue)))
    case "data": return try dataPattern(element, here, scope: scope)
    case "ref": return try reference(collapsed(element.attribute("name") ?? ""), scope: scope)
    case "parentRef": return try reference(collapsed(element.attribute("name") ?? ""), scope: scope?.parent)
    case "externalRef":
      let (root, surroundings) = try files.load(element.attribute("href") ?? "", from: here)
      return try compile(root, surroundings, scope: nil)
    case "grammar":
      let inner = RelaxNGGrammarScope(parent: scope)
      try inner.add(childrenOf: element, here, files: files)
      return try reference(RelaxNGGrammarScope.start, scope: inner)
    default: return RelaxNGPatternTable.notAllowed
    }
  }

  private mutating func compileChildren(
    of element: XMLElement, _ surroundings: RelaxNGSurroundings, scope: RelaxNGGrammarScope?
  ) throws(XMLError) -> RelaxNGPattern {
    try combined(element, surroundings, scope: scope, start: RelaxNGPatternTable.empty) { $0.group($1, $2) }
  }

  private mutating func combined(
    _ element: XMLElement, _ surroundings: RelaxNGSurroundings, scope: RelaxNGGrammarScope?,
    start: RelaxNGPattern,
    by combine: (inout RelaxNGPatternTable, RelaxNGPattern, RelaxNGPattern) -> RelaxNGPattern
  ) throws(XMLError) -> RelaxNGPattern {
    var result = start
    for child in element.elements where Self.isPattern(child, in: element) {
      result = combine(&table, result, try compile(child, surroundings, scope: scope))
    }
    return result
  }

  /// Whether a child takes part: annotations do not, nor does the name class an element or attribute begins with.
  private static func isPattern(_ child: XMLElement, in parent: XMLElement) -> Bool {
    guard child.namespace == RelaxNGSurroundings.relaxNG else { return false }
    if ["name", "anyName", "nsName", "param", "except"].contains(child.name) { return false }
    let beginsWithNames =
      ["element", "attribute"].contains(parent.name) && parent.attribute("name") == nil
    return !(beginsWithNames && child.name == "choice" && child == nameClassElement(of: parent))
  }

  private mutating func reference(
    _ name: String, scope: RelaxNGGrammarScope?
  ) throws(XMLError) -> RelaxNGPattern {
    guard let scope, let definitions = scope.definitions[name] else { return RelaxNGPatternTable.notAllowed }
    if let known = scope.compiled[name] { return known }
    guard scope.underway.insert(name).inserted else { return RelaxNGPatternTable.notAllowed }
    defer { scope.underway.remove(name) }
    let combination = definitions.lazy.compactMap { $0.element.attribute("combine") }.first
    var result: RelaxNGPattern?
    for definition in definitions {
      var surroundings = definition.surroundings
      surroundings.label = Self.documentation(of: definition.element) ?? name
      let pattern = try compileChildren(of: definition.element, surroundings, scope: scope)
      result =
        result.map { combination == "interleave" ? table.interleave($0, pattern) : table.choice($0, pattern) }
        ?? pattern
    }
    let compiled = result ?? RelaxNGPatternTable.notAllowed
    scope.compiled[name] = compiled
    return compiled
  }

  private static func documentation(of element: XMLElement) -> String? {
    element.elements.first { $0.name == "documentation" }.map { collapsed($0.stringValue) }
  }

  private mutating func elementPattern(
    _ element: XMLElement, _ here: RelaxNGSurroundings, scope: RelaxNGGrammarScope?
  ) -> RelaxNGPattern {
    var inner = here
    inner.label = nil
    let names = nameClass(of: element, here, defaultNamespace: here.namespace)
    // Two elements may stand on one line, but not with the same name and as much inside.
    let key = ElementKey(
      path: here.path, line: element.line, scope: scope.map(ObjectIdentifier.init), names: names,
      content: element.children.count)
    if let known = elementIndices[key], elements[known].source == element {
      return table.intern(.element(known))
    }
    elements.append(Element(names: names, source: element, surroundings: inner, scope: scope))
    elementIndices[key] = elements.count - 1
    return table.intern(.element(elements.count - 1))
  }

  private mutating func attributePattern(
    _ element: XMLElement, _ here: RelaxNGSurroundings, scope: RelaxNGGrammarScope?
  ) throws(XMLError) -> RelaxNGPattern {
    var inner = here
    inner.label = nil
    // A namespace around does not reach the name attribute of an attribute, only its own does.
    let names = nameClass(of: element, here, defaultNamespace: element.attribute("ns") ?? "")
    let hasContent = element.elements.contains { Self.isPattern($0, in: element) }
    let content =
      hasContent ? try compileChildren(of: element, inner, scope: scope) : RelaxNGPatternTable.text
    return table.intern(.attribute(names, content))
  }

  private mutating func dataPattern(
    _ element: XMLElement, _ here: RelaxNGSurroundings, scope: RelaxNGGrammarScope?
  ) throws(XMLError) -> RelaxNGPattern {
    let parameters = element.elements.filter { $0.name == "param" }.map {
      RelaxNGData.Parameter(name: $0.attribute("name") ?? "", value: $0.stringValue)
    }
    datatypes.append(
      RelaxNGData(
        library: here.datatypeLibrary, type: element.attribute("type") ?? "", parameters: parameters,
        label: here.label))
    var except: RelaxNGPattern?
    if let excepted = element.firstElementOfRelaxNG(named: "except") {
      except = try combined(excepted, here, scope: scope, start: RelaxNGPatternTable.notAllowed) {
        $0.choice($1, $2)
      }
    }
    return table.intern(.data(datatypes.count - 1, except: except))
  }

  // MARK: - Names

  private static func nameClassElement(of element: XMLElement) -> XMLElement? {
    element.elements.first { $0.namespace == RelaxNGSurroundings.relaxNG }
  }

  private func nameClass(
    of element: XMLElement, _ here: RelaxNGSurroundings, defaultNamespace: String
  ) -> RelaxNGNameClass {
    if let name = element.attribute("name") {
      return .name(here.expand(name, namespace: defaultNamespace))
    }
    guard let names = Self.nameClassElement(of: element) else { return .choice([]) }
    return nameClass(names, here)
  }

  private func nameClass(_ element: XMLElement, _ outer: RelaxNGSurroundings) -> RelaxNGNameClass {
    let here = outer.inside(element)
    let parts = element.elements.filter { $0.namespace == RelaxNGSurroundings.relaxNG }
    let except = parts.first { $0.name == "except" }.map { excepted in
      RelaxNGNameClass.choice(excepted.elements.map { nameClass($0, here) })
    }
    switch element.name {
    case "name": return .name(here.expand(element.stringValue, namespace: here.namespace))
    case "anyName": return .anyName(except: except)
    case "nsName": return .namespace(here.namespace, except: except)
    default: return .choice(parts.map { nameClass($0, here) })
    }
  }
}

extension XMLElement {
  fileprivate func firstElementOfRelaxNG(named name: String) -> XMLElement? {
    elements.first { $0.namespace == RelaxNGSurroundings.relaxNG && $0.name == name }
  }
}
