import CLibXML2

/// A fixed text, as `<value>` asks for.
struct RelaxNGValue: Hashable {
  var library: String
  var type: String
  var text: String
}

/// A datatype with its parameters, as `<data>` asks for.
struct RelaxNGData: Hashable {
  var library: String
  var type: String
  var parameters: [Parameter]
  /// What a reader of messages calls it: the documentation of the definition it stands in, or its name.
  var label: String?

  struct Parameter: Hashable {
    var name: String
    var value: String
  }
}

/// Tells whether a text belongs to a datatype, by asking libxml2 itself, so that the answer is the schema's own.
///
/// Each type becomes a schema of one element, loaded once.
struct RelaxNGDatatypeChecker {
  private var schemas: [String: SingleElementSchema] = [:]

  mutating func matches(_ text: String, _ value: RelaxNGValue) -> Bool {
    switch (value.library, value.type) {
    case (_, "string"): return text == value.text
    case ("", _), (_, "token"): return collapsed(text) == collapsed(value.text)
    default:
      return matches(
        text,
        "<value datatypeLibrary='\(escaped(value.library))' type='\(escaped(value.type))'>"
          + "\(escaped(value.text))</value>")
    }
  }

  mutating func matches(_ text: String, _ data: RelaxNGData) -> Bool {
    // RELAX NG's own library has these two types, and both take every text.
    if data.library.isEmpty { return true }
    let parameters = data.parameters.map { "<param name='\(escaped($0.name))'>\(escaped($0.value))</param>" }
    return matches(
      text,
      "<data datatypeLibrary='\(escaped(data.library))' type='\(escaped(data.type))'>"
        + "\(parameters.joined())</data>")
  }

  private mutating func matches(_ text: String, _ pattern: String) -> Bool {
    if let schema = schemas[pattern] { return schema.matches(text) }
    let schema = SingleElementSchema(pattern: pattern)
    schemas[pattern] = schema
    return schema.matches(text)
  }

  private func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case "'": escaped += "&apos;"
      case "\t", "\n", "\r": escaped += "&#\(character.value);"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}

/// A text with its blanks taken together, as the type `token` compares it.
func collapsed(_ text: String) -> String {
  text.unicodeScalars.split { " \t\n\r".unicodeScalars.contains($0) }.map(String.init).joined(separator: " ")
}

/// A schema `<element name='v'>PATTERN</element>`.
private final class SingleElementSchema {
  private let schema: xmlRelaxNGPtr?

  init(pattern: String) {
    _ = libXML2IsReady
    let text = Array(
      "<element name='v' xmlns='http://relaxng.org/ns/structure/1.0'>\(pattern)</element>".utf8)
    let collector = LibXML2ErrorCollector()
    schema = collector.collecting {
      text.withUnsafeBytes { raw -> xmlRelaxNGPtr? in
        guard let start = raw.baseAddress?.assumingMemoryBound(to: CChar.self),
          let size = Int32(exactly: raw.count), let context = xmlRelaxNGNewMemParserCtxt(start, size)
        else { return nil }
        defer { xmlRelaxNGFreeParserCtxt(context) }
        return xmlRelaxNGParse(context)
      }
    }
  }

  deinit {
    if let schema { xmlRelaxNGFree(schema) }
  }

  /// Whether the text may stand in the element; a type libxml2 does not know takes everything.
  func matches(_ text: String) -> Bool {
    guard let schema, let document = xmlNewDoc("1.0") else { return true }
    defer { xmlFreeDoc(document) }
    guard let root = xmlNewDocNode(document, nil, "v", nil) else { return true }
    xmlDocSetRootElement(document, root)
    xmlNodeAddContent(root, text)
    guard let context = xmlRelaxNGNewValidCtxt(schema) else { return true }
    defer { xmlRelaxNGFreeValidCtxt(context) }
    return LibXML2ErrorCollector().collecting { xmlRelaxNGValidateDoc(context, document) } == 0
  }
}
