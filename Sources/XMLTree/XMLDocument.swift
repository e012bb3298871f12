/// An XML document as plain values: the root element and what stands around it.
///
/// Made by ``parse(_:fileName:)``. A document type declaration is not kept: one that declares anything is refused, one
/// that merely names a type or an outside file means nothing to us and is never followed.
public struct XMLDocument: Equatable, Sendable {
  /// The outermost element.
  public var root: XMLElement
  /// Comments and processing instructions before the root, in order.
  public var prolog: [XMLNode]
  /// Comments and processing instructions after the root, in order.
  public var epilog: [XMLNode]
  /// The name to show in messages, as it was given to the parser.
  public var fileName: String?

  /// The largest text that is parsed, in bytes (64 MiB).
  ///
  /// libvirt's own documents stay below one percent of it.
  public static let maximumSize = 64 << 20

  /// The deepest nesting of elements that is parsed: libxml2's limit for documents from unknown sources.
  public static let maximumDepth = 256

  /// Makes a document in memory.
  public init(
    root: XMLElement, prolog: [XMLNode] = [], epilog: [XMLNode] = [], fileName: String? = nil
  ) {
    self.root = root
    self.prolog = prolog
    self.epilog = epilog
    self.fileName = fileName
  }
}

/// Where an element stands in its document, in the form messages use: `/domainsnapshot/disks/disk[2]`.
public struct XMLElementPath: Equatable, Sendable, CustomStringConvertible {
  /// The path as text.
  ///
  /// An index (from 1) is there only where siblings share the name.
  public let description: String

  private init(description: String) { self.description = description }

  /// The path of a document's root.
  public init(root: XMLElement) { self.init(description: "/" + root.qualifiedName) }

  /// The path of one child element, given by its position in `parent.children`.
  ///
  /// Gives the parent's own path when that child is not an element or not there.
  public func child(at position: Int, of parent: XMLElement) -> XMLElementPath {
    guard parent.children.indices.contains(position), case .element(let child) = parent.children[position]
    else { return self }
    let name = child.qualifiedName
    var index = 0
    var count = 0
    for (other, node) in parent.children.enumerated() {
      guard case .element(let sibling) = node, sibling.qualifiedName == name else { continue }
      count += 1
      if other == position { index = count }
    }
    return XMLElementPath(description: "\(description)/\(name)" + (count > 1 ? "[\(index)]" : ""))
  }
}
