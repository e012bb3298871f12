/// What is left of a pattern after a piece of a document: James Clark's derivatives ("An algorithm for RELAX NG
/// validation", 2002), each remembered, since documents repeat themselves.
///
/// Beside each strict derivative stands a lenient one, which goes on as if the piece had been right: that is how more
/// than the first problem of a document is found.
struct RelaxNGDerivatives {
  var grammar: RelaxNGGrammar
  private var checker = RelaxNGDatatypeChecker()
  private var opened: [OpenKey: RelaxNGPattern] = [:]
  private var closed: [CloseKey: RelaxNGPattern] = [:]

  private struct OpenKey: Hashable {
    var pattern: RelaxNGPattern
    var name: ExpandedName
    var skips: Bool
  }

  private struct CloseKey: Hashable {
    var pattern: RelaxNGPattern
    var isLenient: Bool
  }

  init(_ grammar: RelaxNGGrammar) {
    self.grammar = grammar
  }

  /// How many derivatives are remembered.
  var count: Int { opened.count + closed.count + grammar.table.nodes.count }

  private func node(_ pattern: RelaxNGPattern) -> RelaxNGPatternTable.Node { grammar.table.nodes[pattern] }

  // MARK: - Elements

  /// What is left once an element of this name has been opened; skipping, what would have to come before it counts as
  /// given.
  mutating func opening(
    _ name: ExpandedName, _ pattern: RelaxNGPattern, skips: Bool = false
  ) -> RelaxNGPattern {
    let key = OpenKey(pattern: pattern, name: name, skips: skips)
    if let known = opened[key] { return known }
    let result: RelaxNGPattern
    switch node(pattern) {
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(opening(name, member, skips: skips)) }
      result = grammar.table.choice(left)
    case .element(let index):
      result =
        grammar.nameClass(ofElement: index).contains(name)
        ? grammar.table.after(grammar.content(ofElement: index), RelaxNGPatternTable.empty)
        : RelaxNGPatternTable.notAllowed
    case .interleave(let first, let second):
      let inFirst = appendingBehind(opening(name, first, skips: skips)) { $0.interleave($1, second) }
      let inSecond = appendingBehind(opening(name, second, skips: skips)) { $0.interleave(first, $1) }
      result = grammar.table.choice(inFirst, inSecond)
    case .group(let first, let second):
      let inFirst = appendingBehind(opening(name, first, skips: skips)) { $0.group($1, second) }
      let inSecond =
        skips || grammar.table.isNullable(first)
        ? opening(name, second, skips: skips) : RelaxNGPatternTable.notAllowed
      result = grammar.table.choice(inFirst, inSecond)
    case .oneOrMore(let repeated):
      result = appendingBehind(opening(name, repeated, skips: skips)) {
        $0.group($1, $0.zeroOrMore(repeated))
      }
    case .after(let inside, let behind):
      result = appendingBehind(opening(name, inside, skips: skips)) { $0.after($1, behind) }
    default:
      result = RelaxNGPatternTable.notAllowed
    }
    opened[key] = result
    return result
  }

  /// Changes what comes behind the element that is open.
  private mutating func appendingBehind(
    _ pattern: RelaxNGPattern, _ change: (inout RelaxNGPatternTable, RelaxNGPattern) -> RelaxNGPattern
  ) -> RelaxNGPattern {
    switch node(pattern) {
    case .after(let inside, let behind):
      return grammar.table.after(inside, change(&grammar.table, behind))
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(appendingBehind(member, change)) }
      return grammar.table.choice(left)
    default:
      return RelaxNGPatternTable.notAllowed
    }
  }

  /// What is left once the open element has ended; leniently, its content counts as complete.
  mutating func ending(_ pattern: RelaxNGPattern, leniently: Bool = false) -> RelaxNGPattern {
    switch node(pattern) {
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(ending(member, leniently: leniently)) }
      return grammar.table.choice(left)
    case .after(let inside, let behind):
      return leniently || grammar.table.isNullable(inside) ? behind : RelaxNGPatternTable.notAllowed
    default:
      return RelaxNGPatternTable.notAllowed
    }
  }

  // MARK: - Attributes

  /// What is left after an attribute; without a value, any value will do.
  mutating func attribute(
    _ name: ExpandedName, value: String?, _ pattern: RelaxNGPattern
  ) -> RelaxNGPattern {
    switch node(pattern) {
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(attribute(name, value: value, member)) }
      return grammar.table.choice(left)
    case .after(let inside, let behind):
      let left = attribute(name, value: value, inside)
      return grammar.table.after(left, behind)
    case .group(let first, let second):
      let inFirst = attribute(name, value: value, first)
      let inSecond = attribute(name, value: value, second)
      let left = [grammar.table.group(inFirst, second), grammar.table.group(first, inSecond)]
      return grammar.table.choice(left)
    case .interleave(let first, let second):
      let inFirst = attribute(name, value: value, first)
      let inSecond = attribute(name, value: value, second)
      let left = [grammar.table.interleave(inFirst, second), grammar.table.interleave(first, inSecond)]
      return grammar.table.choice(left)
    case .oneOrMore(let repeated):
      let left = attribute(name, value: value, repeated)
      return grammar.table.group(left, grammar.table.zeroOrMore(repeated))
    case .attribute(let names, let content):
      guard names.contains(name) else { return RelaxNGPatternTable.notAllowed }
      if let value, !matches(value, content) { return RelaxNGPatternTable.notAllowed }
      return RelaxNGPatternTable.empty
    default:
      return RelaxNGPatternTable.notAllowed
    }
  }

  /// What is left once the start tag is complete; leniently, attributes that are missing count as given.
  mutating func closingStartTag(_ pattern: RelaxNGPattern, leniently: Bool = false) -> RelaxNGPattern {
    let key = CloseKey(pattern: pattern, isLenient: leniently)
    if let known = closed[key] { return known }
    let result: RelaxNGPattern
    switch node(pattern) {
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(closingStartTag(member, leniently: leniently)) }
      result = grammar.table.choice(left)
    case .after(let inside, let behind):
      result = grammar.table.after(closingStartTag(inside, leniently: leniently), behind)
    case .group(let first, let second):
      let left = closingStartTag(first, leniently: leniently)
      result = grammar.table.group(left, closingStartTag(second, leniently: leniently))
    case .interleave(let first, let second):
      let left = closingStartTag(first, leniently: leniently)
      result = grammar.table.interleave(left, closingStartTag(second, leniently: leniently))
    case .oneOrMore(let repeated):
      result = grammar.table.oneOrMore(closingStartTag(repeated, leniently: leniently))
    case .attribute:
      result = leniently ? RelaxNGPatternTable.empty : RelaxNGPatternTable.notAllowed
    default:
      result = pattern
    }
    closed[key] = result
    return result
  }

  // MARK: - Text

  /// What is left after a text; without one, any text will do.
  mutating func text(_ text: String?, _ pattern: RelaxNGPattern) -> RelaxNGPattern {
    switch node(pattern) {
    case .choice(let members):
      var left: [RelaxNGPattern] = []
      for member in members { left.append(self.text(text, member)) }
      return grammar.table.choice(left)
    case .interleave(let first, let second):
      let inFirst = grammar.table.interleave(self.text(text, first), second)
      return grammar.table.choice(inFirst, grammar.table.interleave(first, self.text(text, second)))
    case .group(let first, let second):
      let inFirst = grammar.table.group(self.text(text, first), second)
      guard grammar.table.isNullable(first) else { return inFirst }
      return grammar.table.choice(inFirst, self.text(text, second))
    case .oneOrMore(let repeated):
      return grammar.table.group(self.text(text, repeated), grammar.table.zeroOrMore(repeated))
    case .after(let inside, let behind):
      return grammar.table.after(self.text(text, inside), behind)
    case .text:
      return pattern
    case .value(let value):
      guard let text else { return RelaxNGPatternTable.empty }
      return checker.matches(text, value) ? RelaxNGPatternTable.empty : RelaxNGPatternTable.notAllowed
    case .data(let index, let except):
      guard let text else { return RelaxNGPatternTable.empty }
      guard checker.matches(text, grammar.datatypes[index]) else { return RelaxNGPatternTable.notAllowed }
      if let except, matches(text, except) { return RelaxNGPatternTable.notAllowed }
      return RelaxNGPatternTable.empty
    case .list(let items):
      guard let text else { return RelaxNGPatternTable.empty }
      var left = items
      for word in collapsed(text).split(separator: " ") { left = self.text(String(word), left) }
      return grammar.table.isNullable(left) ? RelaxNGPatternTable.empty : RelaxNGPatternTable.notAllowed
    case .notAllowed, .empty, .attribute, .element:
      return RelaxNGPatternTable.notAllowed
    }
  }

  /// Whether the pattern takes the whole text.
  mutating func matches(_ text: String, _ pattern: RelaxNGPattern) -> Bool {
    if grammar.table.isNullable(pattern) && collapsed(text).isEmpty { return true }
    let left = self.text(text, pattern)
    return grammar.table.isNullable(left)
  }
}
