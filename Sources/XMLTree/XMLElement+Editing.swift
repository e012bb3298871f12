/// Changes in place. Names are those of elements in no namespace, as in ``XMLElement/elements(named:)``.
extension XMLElement {
  /// Changes each child element of a name.
  ///
  /// - Throws: What the change throws; the element is then changed in part.
  public mutating func editElements(named name: String, _ edit: (inout XMLElement) throws -> Void) rethrows {
    for (index, child) in children.enumerated() {
      guard case .element(var element) = child, element.name == name, element.namespace == nil else {
        continue
      }
      try edit(&element)
      children[index] = .element(element)
    }
  }

  /// Takes the child elements of these names out.
  public mutating func removeElements(named names: Set<String>) {
    children.removeAll { child in
      guard case .element(let element) = child else { return false }
      return names.contains(element.name) && element.namespace == nil
    }
  }

  /// Gives an attribute a value, at its old place where it has one, at the end otherwise.
  public mutating func setAttribute(_ name: String, _ value: String) {
    if let index = attributes.firstIndex(where: { $0.name == name }) {
      attributes[index].value = value
    } else {
      attributes.append(XMLAttribute(name, value))
    }
  }

  /// Puts a text in the place of all that stands inside.
  public mutating func setText(_ text: String) {
    children = [.text(text)]
  }
}
