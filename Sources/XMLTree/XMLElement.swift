/// An element of an XML document: its name, attributes, children and the line it stood on.
///
/// A plain value: copying it copies the subtree, and nothing in it points into libxml2. Two elements are equal when they
/// mean the same to a reader that takes whitespace seriously: everything but the line number is compared.
public struct XMLElement: Sendable {
  /// The local part of the name, without prefix.
  ///
  /// Where a prefix was never declared it stays part of the name (`x:disk`), as libxml2 and so libvirt see it.
  public var name: String

  /// The prefix as written, nil when there was none.
  public var prefix: String?

  /// The namespace the prefix (or the default declaration) stands for, nil outside any namespace.
  public var namespace: String?

  /// The `xmlns` declarations made on this very element, in document order.
  public var namespaceDeclarations: [XMLNamespaceDeclaration]

  /// The attributes in document order, without the namespace declarations.
  public var attributes: [XMLAttribute]

  /// What stands inside, in document order, whitespace included.
  public var children: [XMLNode]

  /// The line (from 1) on which the start tag ended, 0 for an element made in memory.
  public var line: Int

  /// Makes an element; names are taken as they are, so they must be legal XML names.
  public init(
    _ name: String, prefix: String? = nil, namespace: String? = nil,
    namespaceDeclarations: [XMLNamespaceDeclaration] = [], attributes: [XMLAttribute] = [],
    children: [XMLNode] = [], line: Int = 0
  ) {
    self.name = name
    self.prefix = prefix
    self.namespace = namespace
    self.namespaceDeclarations = namespaceDeclarations
    self.attributes = attributes
    self.children = children
    self.line = line
  }

  /// The name with its prefix, as it stands in the text.
  public var qualifiedName: String {
    guard let prefix else { return name }
    return "\(prefix):\(name)"
  }

  /// The value of the first attribute with this local name, in whatever namespace.
  ///
  /// libvirt looks attributes up in the same way (`xmlGetProp`), so `x:name='vda'` counts as `name`.
  public func attribute(_ name: String) -> String? {
    attributes.first { $0.name == name }?.value
  }

  /// The child elements in document order.
  public var elements: [XMLElement] {
    children.compactMap { child in
      guard case .element(let element) = child else { return nil }
      return element
    }
  }

  /// The child elements of this name that are in no namespace, which is what XPath's `./name` selects.
  public func elements(named name: String) -> [XMLElement] {
    children.compactMap { child in
      guard case .element(let element) = child, element.name == name, element.namespace == nil
      else { return nil }
      return element
    }
  }

  /// The first child element of this name that is in no namespace.
  public func firstElement(named name: String) -> XMLElement? {
    for case .element(let element) in children where element.name == name && element.namespace == nil {
      return element
    }
    return nil
  }

  /// All text below this element, CDATA included, comments and instructions left out: XPath's `string(.)`.
  public var stringValue: String {
    if children.count == 1, case .text(let text) = children[0] { return text }
    var value = ""
    appendText(to: &value)
    return value
  }

  private func appendText(to value: inout String) {
    for child in children {
      switch child {
      case .text(let text), .cdata(let text): value += text
      case .element(let element): element.appendText(to: &value)
      case .comment, .processingInstruction: break
      }
    }
  }
}

extension XMLElement: Equatable {
  /// Compares everything but the line.
  public static func == (left: XMLElement, right: XMLElement) -> Bool {
    left.name == right.name && left.prefix == right.prefix && left.namespace == right.namespace
      && left.namespaceDeclarations == right.namespaceDeclarations
      && left.attributes == right.attributes && left.children == right.children
  }
}

/// Something that stands inside an element.
public enum XMLNode: Equatable, Sendable {
  /// A child element.
  case element(XMLElement)
  /// Character data, references already resolved; neighbours are merged into one.
  case text(String)
  /// A CDATA section, kept apart from text so that it can be written back as one.
  case cdata(String)
  /// A comment, without its delimiters.
  case comment(String)
  /// A processing instruction: its target, and its data if it has any.
  case processingInstruction(target: String, data: String?)
}

/// An attribute as written on an element.
public struct XMLAttribute: Equatable, Sendable {
  /// The local part of the name.
  public var name: String
  /// The prefix as written, nil when there was none.
  public var prefix: String?
  /// The namespace of the prefix, nil when there was none.
  public var namespace: String?
  /// The value with references resolved and whitespace normalised, as XML prescribes.
  public var value: String

  /// Makes an attribute; the name is taken as it is, so it must be a legal XML name.
  public init(_ name: String, _ value: String, prefix: String? = nil, namespace: String? = nil) {
    self.name = name
    self.prefix = prefix
    self.namespace = namespace
    self.value = value
  }

  /// The name with its prefix, as it stands in the text.
  public var qualifiedName: String {
    guard let prefix else { return name }
    return "\(prefix):\(name)"
  }
}

/// An `xmlns='…'` or `xmlns:prefix='…'` on an element.
public struct XMLNamespaceDeclaration: Equatable, Sendable {
  /// The prefix being declared, nil for the default namespace.
  public var prefix: String?
  /// The namespace's name; empty where the default namespace is switched off.
  public var uri: String

  /// Makes a declaration.
  public init(prefix: String?, uri: String) {
    self.prefix = prefix
    self.uri = uri
  }
}
