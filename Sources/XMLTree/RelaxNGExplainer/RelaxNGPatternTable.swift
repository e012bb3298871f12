/// A pattern of a RELAX NG grammar: an index into the table that made it.
typealias RelaxNGPattern = Int

/// The patterns of a grammar and of what is left of them while a document is read; equal patterns share one index.
///
/// The constructors simplify as the derivative algorithm wants it: a pattern nothing can match disappears, and a choice
/// holds each alternative once, so that what is left of an `interleave` stays small.
struct RelaxNGPatternTable {
  enum Node: Hashable {
    case notAllowed
    case empty
    case text
    case choice([RelaxNGPattern])
    case interleave(RelaxNGPattern, RelaxNGPattern)
    case group(RelaxNGPattern, RelaxNGPattern)
    case oneOrMore(RelaxNGPattern)
    case list(RelaxNGPattern)
    /// A datatype, by its index in the grammar, and what it must not be.
    case data(Int, except: RelaxNGPattern?)
    case value(RelaxNGValue)
    case attribute(RelaxNGNameClass, RelaxNGPattern)
    /// An element, by its index in the grammar: its content stands there, for it may hold itself.
    case element(Int)
    /// What is left inside an element that is open, and what comes after it.
    case after(RelaxNGPattern, RelaxNGPattern)
  }

  private(set) var nodes: [Node] = []
  private var indices: [Node: RelaxNGPattern] = [:]
  private var nullable: [Bool] = []

  static let notAllowed: RelaxNGPattern = 0
  static let empty: RelaxNGPattern = 1
  static let text: RelaxNGPattern = 2

  init() {
    _ = intern(.notAllowed)
    _ = intern(.empty)
    _ = intern(.text)
  }

  /// Whether the pattern matches nothing at all, as an optional part does.
  func isNullable(_ pattern: RelaxNGPattern) -> Bool { nullable[pattern] }

  mutating func choice(_ first: RelaxNGPattern, _ second: RelaxNGPattern) -> RelaxNGPattern {
    choice([first, second])
  }

  /// Each alternative once and in the order of the indices, so that equal choices are one pattern however they came about.
  mutating func choice(_ alternatives: [RelaxNGPattern]) -> RelaxNGPattern {
    var members: Set<RelaxNGPattern> = []
    for alternative in alternatives {
      switch nodes[alternative] {
      case .notAllowed: break
      case .choice(let inner): members.formUnion(inner)
      default: members.insert(alternative)
      }
    }
    guard members.count > 1 else { return members.first ?? Self.notAllowed }
    return intern(.choice(members.sorted()))
  }

  mutating func interleave(_ first: RelaxNGPattern, _ second: RelaxNGPattern) -> RelaxNGPattern {
    pair(first, second) { .interleave($0, $1) }
  }

  mutating func group(_ first: RelaxNGPattern, _ second: RelaxNGPattern) -> RelaxNGPattern {
    pair(first, second) { .group($0, $1) }
  }

  private mutating func pair(
    _ first: RelaxNGPattern, _ second: RelaxNGPattern, _ node: (RelaxNGPattern, RelaxNGPattern) -> Node
  ) -> RelaxNGPattern {
    if first == Self.notAllowed || second == Self.notAllowed { return Self.notAllowed }
    if first == Self.empty { return second }
    if second == Self.empty { return first }
    return intern(node(first, second))
  }

  mutating func oneOrMore(_ pattern: RelaxNGPattern) -> RelaxNGPattern {
    if pattern == Self.notAllowed || pattern == Self.empty { return pattern }
    if case .oneOrMore = nodes[pattern] { return pattern }
    return intern(.oneOrMore(pattern))
  }

  mutating func zeroOrMore(_ pattern: RelaxNGPattern) -> RelaxNGPattern {
    choice(oneOrMore(pattern), Self.empty)
  }

  mutating func after(_ inside: RelaxNGPattern, _ behind: RelaxNGPattern) -> RelaxNGPattern {
    if inside == Self.notAllowed || behind == Self.notAllowed { return Self.notAllowed }
    return intern(.after(inside, behind))
  }

  mutating func intern(_ node: Node) -> RelaxNGPattern {
    if let known = indices[node] { return known }
    let isNullable = computeNullable(node)
    nodes.append(node)
    nullable.append(isNullable)
    indices[node] = nodes.count - 1
    return nodes.count - 1
  }

  private func computeNullable(_ node: Node) -> Bool {
    switch node {
    case .empty, .text: true
    case .choice(let members): members.contains { nullable[$0] }
    case .interleave(let first, let second), .group(let first, let second):
      nullable[first] && nullable[second]
    case .oneOrMore(let pattern): nullable[pattern]
    case .notAllowed, .list, .data, .value, .attribute, .element, .after: false
    }
  }
}
