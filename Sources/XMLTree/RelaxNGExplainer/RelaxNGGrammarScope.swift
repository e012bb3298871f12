/// The definitions of one `<grammar>`, with everything it includes.
final class RelaxNGGrammarScope {
  /// One `<define>` or `<start>` as it stands in its file.
  struct Definition {
    var element: XMLElement
    var surroundings: RelaxNGSurroundings
  }

  let parent: RelaxNGGrammarScope?
  private(set) var definitions: [String: [Definition]] = [:]
  var compiled: [String: RelaxNGPattern] = [:]
  /// The definitions being compiled now, to stop at one that holds itself outside any element.
  var underway: Set<String> = []

  /// The name `<start>` is kept under; no define can have it.
  static let start = "<start>"

  init(parent: RelaxNGGrammarScope?) {
    self.parent = parent
  }

  /// Takes the definitions among the children of a `<grammar>`, `<div>` or `<include>`.
  func add(
    childrenOf element: XMLElement, _ surroundings: RelaxNGSurroundings, except overridden: Set<String> = [],
    files: RelaxNGFiles
  ) throws(XMLError) {
    for child in element.elements where child.namespace == RelaxNGSurroundings.relaxNG {
      let inner = surroundings.inside(child)
      switch child.name {
      case "define", "start":
        let name = Self.name(of: child)
        if !overridden.contains(name) {
          definitions[name, default: []].append(Definition(element: child, surroundings: inner))
        }
      case "div":
        try add(childrenOf: child, inner, except: overridden, files: files)
      case "include":
        let replaced = Self.names(in: child)
        let (root, included) = try files.load(child.attribute("href") ?? "", from: inner)
        try add(childrenOf: root, included, except: overridden.union(replaced), files: files)
        try add(childrenOf: child, inner, except: overridden, files: files)
      default:
        break
      }
    }
  }

  private static func name(of element: XMLElement) -> String {
    element.name == "start" ? start : collapsed(element.attribute("name") ?? "")
  }

  private static func names(in element: XMLElement) -> Set<String> {
    var names: Set<String> = []
    for child in element.elements {
      if child.name == "div" { names.formUnion(self.names(in: child)) } else { names.insert(name(of: child)) }
    }
    return names
  }
}

/// What an element of a schema inherits from those around it.
struct RelaxNGSurroundings {
  /// The namespace of RELAX NG itself.
  static let relaxNG = "http://relaxng.org/ns/structure/1.0"

  /// The file the element stands in.
  var path: String
  /// The namespace of names that carry no prefix.
  var namespace = ""
  var datatypeLibrary = ""
  /// The prefixes declared so far.
  var prefixes: [String: String] = [:]
  /// What the values of the definition around are called in messages.
  var label: String?

  /// What holds inside an element.
  func inside(_ element: XMLElement) -> RelaxNGSurroundings {
    var inner = self
    if let namespace = element.attribute("ns") { inner.namespace = namespace }
    if let library = element.attribute("datatypeLibrary") { inner.datatypeLibrary = library }
    for declaration in element.namespaceDeclarations {
      if let prefix = declaration.prefix { inner.prefixes[prefix] = declaration.uri }
    }
    return inner
  }

  /// A name as it is written in the schema, with the namespace it stands for.
  func expand(_ name: String, namespace: String) -> ExpandedName {
    let trimmed = collapsed(name)
    guard let colon = trimmed.firstIndex(of: ":") else {
      return ExpandedName(namespace: namespace, local: trimmed)
    }
    let prefix = String(trimmed[..<colon])
    return ExpandedName(
      namespace: prefixes[prefix] ?? prefix, local: String(trimmed[trimmed.index(after: colon)...]))
  }
}

/// The files of a schema, read through a function that the caller gives.
struct RelaxNGFiles {
  let read: (String) -> [UInt8]?

  /// Loads the file an `href` names and gives its root element.
  func load(
    _ href: String, from surroundings: RelaxNGSurroundings
  ) throws(XMLError) -> (XMLElement, RelaxNGSurroundings) {
    let path =
      href.hasPrefix("/")
      ? href
      : surroundings.path.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast().joined(separator: "/") + "/" + href
    return try load(path: path)
  }

  func load(path: String) throws(XMLError) -> (XMLElement, RelaxNGSurroundings) {
    guard let bytes = read(path) else {
      throw XMLError(
        .unusableSchema(code: 0), fileName: path, "this RELAX NG schema cannot be used: it cannot be read")
    }
    let root = try XMLDocument.parse(bytes, fileName: path).root
    return (root, RelaxNGSurroundings(path: path).inside(root))
  }
}
