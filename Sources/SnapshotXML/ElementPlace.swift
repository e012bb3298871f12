import XMLTree

/// An element together with the way to it from the root, so that a message can name its place.
struct ElementPlace {
  let element: XMLElement
  /// Positions among the children of each element on the way.
  let steps: [Int]

  init(root: XMLElement) {
    element = root
    steps = []
  }

  private init(_ element: XMLElement, steps: [Int]) {
    self.element = element
    self.steps = steps
  }

  /// The first child of this name outside any namespace, as `./name` finds it.
  func first(_ name: String) -> ElementPlace? {
    for (position, child) in element.children.enumerated() {
      if case .element(let found) = child, found.name == name, found.namespace == nil {
        return ElementPlace(found, steps: steps + [position])
      }
    }
    return nil
  }

  /// The children of this name outside any namespace, or with any name and namespace.
  func all(_ name: String? = nil) -> [ElementPlace] {
    element.children.enumerated().compactMap { position, child in
      guard case .element(let found) = child else { return nil }
      if let name, found.name != name || found.namespace != nil { return nil }
      return ElementPlace(found, steps: steps + [position])
    }
  }

  /// The text of the first child of this name, nil when absent or empty (`virXPathString`).
  func text(_ name: String) -> String? { first(name)?.element.stringValue.nonEmpty }

  /// The value of an attribute (`virXMLPropString`): nil when absent, perhaps empty.
  func attribute(_ name: String) -> String? { element.attribute(name) }

  /// The place in words.
  func path(in root: XMLElement) -> String {
    var path = XMLElementPath(root: root)
    var current = root
    for step in steps {
      path = path.child(at: step, of: current)
      guard current.children.indices.contains(step), case .element(let next) = current.children[step] else {
        break
      }
      current = next
    }
    return path.description
  }
}

extension String {
  /// Nil instead of an empty string.
  var nonEmpty: String? { isEmpty ? nil : self }
}
