/// What a pattern would take next, for messages.
extension RelaxNGGrammar {
  /// The sets of things of which one would have to be given in full; none where nothing is missing.
  struct Needs: Equatable {
    var alternatives: [[String]]

    static let nothing = Needs(alternatives: [[]])

    /// What every alternative asks for.
    var certain: [String] {
      guard let first = alternatives.first else { return [] }
      return first.filter { name in alternatives.allSatisfy { $0.contains(name) } }
    }

    /// What the alternatives begin with, where they have nothing in common.
    var eitherOr: [String] {
      var names: [String] = []
      for name in alternatives.compactMap(\.first) where !names.contains(name) { names.append(name) }
      return names
    }
  }

  /// The names of the elements that may come next.
  mutating func nextElements(_ pattern: RelaxNGPattern) -> [String] {
    var names: [String] = []
    collectNextElements(pattern, into: &names)
    return names
  }

  private mutating func collectNextElements(_ pattern: RelaxNGPattern, into names: inout [String]) {
    switch table.nodes[pattern] {
    case .element(let index):
      for name in nameClass(ofElement: index).listedNames where !names.contains(name) { names.append(name) }
    case .choice(let members):
      for member in members { collectNextElements(member, into: &names) }
    case .interleave(let first, let second):
      collectNextElements(first, into: &names)
      collectNextElements(second, into: &names)
    case .group(let first, let second):
      collectNextElements(first, into: &names)
      if table.isNullable(first) { collectNextElements(second, into: &names) }
    case .oneOrMore(let pattern), .after(let pattern, _):
      collectNextElements(pattern, into: &names)
    case .notAllowed, .empty, .text, .list, .data, .value, .attribute: break
    }
  }

  /// The names of the attributes that may be given.
  func possibleAttributes(_ pattern: RelaxNGPattern) -> [String] {
    switch table.nodes[pattern] {
    case .attribute(let names, _): return names.listedNames
    case .choice(let members):
      return members.flatMap { possibleAttributes($0) }
    case .interleave(let first, let second), .group(let first, let second):
      return possibleAttributes(first) + possibleAttributes(second)
    case .oneOrMore(let pattern), .after(let pattern, _): return possibleAttributes(pattern)
    case .notAllowed, .empty, .text, .list, .data, .value, .element: return []
    }
  }

  /// The attributes without which the pattern cannot go on.
  func missingAttributes(_ pattern: RelaxNGPattern) -> Needs {
    needs(pattern) { node in
      guard case .attribute(let names, _) = node else { return nil }
      return names.listedNames.first ?? "of any name"
    }
  }

  /// The elements without which the pattern cannot end.
  func missingElements(_ pattern: RelaxNGPattern) -> Needs {
    needs(pattern) { node in
      guard case .element(let index) = node else { return nil }
      return nameClass(ofElement: index).listedNames.first ?? "of any name"
    }
  }

  private func needs(
    _ pattern: RelaxNGPattern, _ name: (RelaxNGPatternTable.Node) -> String?
  ) -> Needs {
    let node = table.nodes[pattern]
    if let name = name(node) { return Needs(alternatives: [[name]]) }
    switch node {
    case .choice(let members):
      let all = members.filter { $0 != RelaxNGPatternTable.notAllowed }.map { needs($0, name) }
      if all.contains(where: { $0.alternatives.contains([]) }) { return .nothing }
      return Needs(alternatives: Array(all.flatMap(\.alternatives).prefix(16)))
    case .interleave(let first, let second), .group(let first, let second):
      let left = needs(first, name).alternatives
      let right = needs(second, name).alternatives
      return Needs(alternatives: Array(left.flatMap { one in right.map { one + $0 } }.prefix(16)))
    case .oneOrMore(let pattern), .after(let pattern, _): return needs(pattern, name)
    default: return .nothing
    }
  }

  /// The content patterns of the attributes of this name.
  func attributeContents(_ name: ExpandedName, _ pattern: RelaxNGPattern) -> [RelaxNGPattern] {
    switch table.nodes[pattern] {
    case .attribute(let names, let content): return names.contains(name) ? [content] : []
    case .choice(let members): return members.flatMap { attributeContents(name, $0) }
    case .interleave(let first, let second), .group(let first, let second):
      return attributeContents(name, first) + attributeContents(name, second)
    case .oneOrMore(let pattern), .after(let pattern, _): return attributeContents(name, pattern)
    case .notAllowed, .empty, .text, .list, .data, .value, .element: return []
    }
  }

  /// The texts that patterns list, and what their other values are called.
  func expectedValues(_ patterns: [RelaxNGPattern]) -> (listed: [String], described: [String]) {
    var listed: [String] = []
    var described: [String] = []
    for pattern in patterns { collectValues(pattern, &listed, &described) }
    return (listed, described)
  }

  private func collectValues(
    _ pattern: RelaxNGPattern, _ listed: inout [String], _ described: inout [String]
  ) {
    switch table.nodes[pattern] {
    case .value(let value): if !listed.contains(value.text) { listed.append(value.text) }
    case .data(let index, _):
      let text = datatypes[index].label ?? "of the type \(datatypes[index].type)"
      if !described.contains(text) { described.append(text) }
    case .choice(let members):
      for member in members { collectValues(member, &listed, &described) }
    case .interleave(let first, let second), .group(let first, let second):
      collectValues(first, &listed, &described)
      collectValues(second, &listed, &described)
    case .oneOrMore(let pattern), .after(let pattern, _), .list(let pattern):
      collectValues(pattern, &listed, &described)
    case .notAllowed, .empty, .text, .attribute, .element: break
    }
  }

  /// Whether there is a place for any text.
  func takesText(_ pattern: RelaxNGPattern) -> Bool {
    switch table.nodes[pattern] {
    case .text, .data, .value, .list: true
    case .choice(let members): members.contains { takesText($0) }
    case .interleave(let first, let second), .group(let first, let second):
      takesText(first) || takesText(second)
    case .oneOrMore(let pattern), .after(let pattern, _): takesText(pattern)
    case .notAllowed, .empty, .attribute, .element: false
    }
  }
}
