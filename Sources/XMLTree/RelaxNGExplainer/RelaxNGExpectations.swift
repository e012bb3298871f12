/// What a pattern would take next, for messages.
///
/// Everything is listed in the order of the schema, which is that of the indices its parts have.
extension RelaxNGGrammar {
  /// A part of the schema that has a name.
  struct Named: Hashable {
    let index: Int
    let name: String
  }

  /// The sets of things of which one would have to be given in full; none where nothing is missing.
  struct Needs: Equatable {
    private let alternatives: [[Named]]

    static let nothing = Needs([[]])

    /// More than a few ways to go on cannot be told in a sentence.
    init(_ alternatives: [[Named]]) {
      self.alternatives = Array(alternatives.prefix(16))
    }

    var isNothing: Bool { alternatives.contains([]) }

    /// What every alternative asks for.
    var certain: [String] {
      let common = alternatives.dropFirst().reduce(Set(alternatives.first ?? [])) { $0.intersection($1) }
      return names(common)
    }

    /// What the alternatives begin with, where they have nothing in common.
    var eitherOr: [String] { names(Set(alternatives.compactMap(\.first))) }

    func either(_ other: Needs) -> Needs { Needs(alternatives + other.alternatives) }

    func and(_ other: Needs) -> Needs {
      Needs(alternatives.flatMap { one in other.alternatives.map { one + $0 } })
    }
  }

  /// The names of the elements that may come next.
  func nextElements(_ pattern: RelaxNGPattern) -> [String] {
    var found: Set<Named> = []
    collectNextElements(pattern, into: &found)
    return names(found)
  }

  private func collectNextElements(_ pattern: RelaxNGPattern, into found: inout Set<Named>) {
    switch table.nodes[pattern] {
    case .element(let index):
      for name in nameClass(ofElement: index).listedNames { found.insert(Named(index: index, name: name)) }
    case .group(let first, _) where !table.isNullable(first):
      collectNextElements(first, into: &found)
    default:
      for part in parts(of: pattern) { collectNextElements(part, into: &found) }
    }
  }

  /// The names of the attributes that may be given.
  func possibleAttributes(_ pattern: RelaxNGPattern) -> [String] {
    names(
      Set(
        attributes(of: pattern).flatMap { attribute in
          attribute.names.listedNames.map { Named(index: attribute.index, name: $0) }
        }))
  }

  /// The content patterns of the attributes of this name.
  func attributeContents(_ name: ExpandedName, _ pattern: RelaxNGPattern) -> [RelaxNGPattern] {
    attributes(of: pattern).filter { $0.names.contains(name) }.map(\.content)
  }

  private func attributes(
    of pattern: RelaxNGPattern
  ) -> [(index: Int, names: RelaxNGNameClass, content: RelaxNGPattern)] {
    if case .attribute(let names, let content) = table.nodes[pattern] { return [(pattern, names, content)] }
    return parts(of: pattern).flatMap { attributes(of: $0) }
  }

  /// The attributes without which the pattern cannot go on.
  func missingAttributes(_ pattern: RelaxNGPattern) -> Needs {
    needs(pattern) { pattern in
      guard case .attribute(let names, _) = table.nodes[pattern] else { return nil }
      return Named(index: pattern, name: names.listedNames.first ?? "of any name")
    }
  }

  /// The attributes that some way to go on needs while another does without.
  func attributesOfOtherWays(_ pattern: RelaxNGPattern) -> [String] {
    guard case .choice(let members) = table.nodes[pattern] else { return [] }
    return members.flatMap { missingAttributes($0).certain }.reduce(into: []) { names, name in
      if !names.contains(name) { names.append(name) }
    }
  }

  /// The elements without which the pattern cannot end.
  func missingElements(_ pattern: RelaxNGPattern) -> Needs {
    needs(pattern) { pattern in
      guard case .element(let index) = table.nodes[pattern] else { return nil }
      return Named(index: index, name: nameClass(ofElement: index).listedNames.first ?? "of any name")
    }
  }

  private func needs(_ pattern: RelaxNGPattern, _ named: (RelaxNGPattern) -> Named?) -> Needs {
    if let thing = named(pattern) { return Needs([[thing]]) }
    switch table.nodes[pattern] {
    case .choice(let members):
      let all = members.map { needs($0, named) }
      return all.contains(where: \.isNothing) ? .nothing : all.dropFirst().reduce(all[0]) { $0.either($1) }
    case .interleave(let first, let second), .group(let first, let second):
      return needs(first, named).and(needs(second, named))
    case .oneOrMore(let pattern), .after(let pattern, _):
      return needs(pattern, named)
    case .notAllowed, .empty, .text, .list, .data, .value, .attribute, .element:
      return .nothing
    }
  }

  /// The texts that patterns list, and what their other values are called.
  func expectedValues(_ patterns: [RelaxNGPattern]) -> (listed: [String], described: [String]) {
    var listed: Set<Named> = []
    var described: Set<Named> = []
    for pattern in patterns { collectValues(pattern, &listed, &described) }
    return (names(listed), names(described))
  }

  private func collectValues(
    _ pattern: RelaxNGPattern, _ listed: inout Set<Named>, _ described: inout Set<Named>
  ) {
    switch table.nodes[pattern] {
    case .value(let value): listed.insert(Named(index: pattern, name: value.text))
    case .data(let index, _):
      let label = datatypes[index].label ?? "of the type \(datatypes[index].type)"
      described.insert(Named(index: index, name: label))
    case .list(let items): collectValues(items, &listed, &described)
    default:
      for part in parts(of: pattern) { collectValues(part, &listed, &described) }
    }
  }

  /// Whether there is a place for any text.
  func takesText(_ pattern: RelaxNGPattern) -> Bool {
    switch table.nodes[pattern] {
    case .text, .data, .value, .list: true
    default: parts(of: pattern).contains { takesText($0) }
    }
  }

  /// What a pattern is made of, without what comes behind the element that is open.
  private func parts(of pattern: RelaxNGPattern) -> [RelaxNGPattern] {
    switch table.nodes[pattern] {
    case .choice(let members): members
    case .interleave(let first, let second), .group(let first, let second): [first, second]
    case .oneOrMore(let pattern), .after(let pattern, _): [pattern]
    case .notAllowed, .empty, .text, .list, .data, .value, .attribute, .element: []
    }
  }
}

/// Names in the order of the schema, each once.
private func names(_ things: Set<RelaxNGGrammar.Named>) -> [String] {
  var names: [String] = []
  for thing in things.sorted(by: { ($0.index, $0.name) < ($1.index, $1.name) })
  where !names.contains(thing.name) {
    names.append(thing.name)
  }
  return names
}
