/// The sentences in which violations are told.
enum RelaxNGMessages {
  /// The right name in the wrong namespace.
  static func foreignElement(_ name: String, namespace: String) -> String {
    namespace.isEmpty
      ? "<\(name)> has to be in a namespace"
      : "<\(name)> is in the namespace '\(excerpt(namespace))', where it means nothing here"
  }

  /// What to ask where an attribute would have allowed more.
  static func question(missing attributes: [String], on element: String) -> String {
    guard !attributes.isEmpty else { return "" }
    return "; or is the attribute \(list(attributes.map { "'\($0)'" }, "or")) of <\(element)> missing?"
  }

  static func wrongRoot(_ name: String, expected: [String]) -> String {
    "the document is a <\(name)>"
      + (expected.isEmpty ? "" : " where \(list(expected.map(tag), "or")) is expected")
  }

  static func unknownElement(_ name: String, in parent: String, allowed: [String]) -> String {
    let start = "<\(name)> is not allowed in <\(parent)>"
    if let near = nearest(to: name, in: allowed) { return "\(start); did you mean <\(near)>?" }
    return allowed.isEmpty ? start : "\(start); allowed there: \(shortened(allowed.map(tag)))"
  }

  static func repeatedElement(_ name: String, in parent: String) -> String {
    "a second <\(name)> is not allowed in <\(parent)>"
  }

  static func earlyElement(_ name: String, in parent: String, expected: [String]) -> String {
    let tags = expected.map(tag)
    return "before <\(name)>, <\(parent)> lacks "
      + (tags.count > 4 ? "one of \(shortened(tags))" : list(tags, "or"))
  }

  static func misplacedElement(_ name: String, in parent: String, after previous: String?) -> String {
    guard let previous else { return "<\(name)> does not go with the attributes of <\(parent)>" }
    return "<\(name)> is not allowed after <\(previous)> in <\(parent)>"
  }

  static func unknownAttribute(_ name: String, on element: String, allowed: [String]) -> String {
    let start = "attribute '\(name)' is not allowed on <\(element)>"
    if let near = nearest(to: name, in: allowed) { return "\(start); did you mean '\(near)'?" }
    var names: [String] = []
    for name in allowed where !names.contains(name) { names.append(name) }
    return names.isEmpty ? start : "\(start); allowed there: \(shortened(names.map { "'\($0)'" }))"
  }

  static func conflictingAttribute(_ name: String, on element: String) -> String {
    "attribute '\(name)' does not go with the other attributes of <\(element)>"
  }

  static func wrongAttribute(
    _ name: String, _ value: String, on element: String, expected: (listed: [String], described: [String])
  ) -> String {
    "attribute '\(name)' of <\(element)> " + wrongValue(value, expected)
  }

  static func wrongText(
    _ value: String, in element: String, expected: (listed: [String], described: [String])
  ) -> String {
    "the text of <\(element)> " + wrongValue(value, expected)
  }

  private static func wrongValue(
    _ value: String, _ expected: (listed: [String], described: [String])
  ) -> String {
    let shown = value.isEmpty ? "is empty" : "is '\(shortened(value))'"
    if expected.listed.isEmpty && expected.described.isEmpty { return "\(shown), which is not allowed" }
    if let near = nearest(to: value, in: expected.listed) {
      return "\(shown); did you mean '\(near)'?"
    }
    let described = expected.described.map { $0.contains(" ") ? $0 : "a valid \($0)" }
    if expected.listed.count == 1 && described.isEmpty { return "\(shown), not '\(expected.listed[0])'" }
    if expected.listed.isEmpty { return "\(shown), not \(list(described, "or"))" }
    let oneOf = "one of \(shortened(expected.listed))"
    return "\(shown), not \(list([oneOf] + described, "or"))"
  }

  static func unexpectedText(_ text: String, in element: String) -> String {
    "text is not allowed in <\(element)>: '\(excerpt(text))'"
  }

  static func missingAttributes(_ needs: RelaxNGGrammar.Needs, on element: String) -> String {
    if !needs.certain.isEmpty {
      let names = needs.certain.map { "'\($0)'" }
      return names.count == 1
        ? "<\(element)> lacks the attribute \(names[0])"
        : "<\(element)> lacks the attributes \(list(names, "and"))"
    }
    let names = needs.eitherOr.map { "'\($0)'" }
    if names.isEmpty { return "the attributes of <\(element)> do not go together" }
    return "<\(element)> lacks the attribute \(list(names, "or"))"
  }

  static func missingElements(_ needs: RelaxNGGrammar.Needs, in element: String) -> String {
    if !needs.certain.isEmpty { return "<\(element)> lacks \(list(needs.certain.map(tag), "and"))" }
    if needs.eitherOr.isEmpty { return "<\(element)> is incomplete" }
    return "<\(element)> lacks \(list(needs.eitherOr.map(tag), "or"))"
  }

  static func missingText(
    in element: String, expected: (listed: [String], described: [String])
  ) -> String {
    wrongText("", in: element, expected: expected)
  }

  // MARK: - Words

  private static func tag(_ name: String) -> String { "<\(name)>" }

  private static func list(_ names: [String], _ conjunction: String) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(conjunction) " + last
  }

  private static func shortened(_ names: [String]) -> String {
    names.prefix(16).joined(separator: ", ") + (names.count > 16 ? " …" : "")
  }

  /// A text with its blanks taken together.
  private static func excerpt(_ text: String) -> String { shortened(collapsed(text)) }

  private static func shortened(_ text: String) -> String {
    text.count > 60 ? text.prefix(60) + "…" : text
  }

  /// The name that was probably meant: the one fewest letters away, at most two and fewer than half of them.
  private static func nearest(to name: String, in names: [String]) -> String? {
    guard name.utf8.count <= 40 else { return nil }
    var best: (name: String, distance: Int, difference: Int)?
    for candidate in names where candidate.utf8.count <= 40 {
      let distance = distance(Array(name.lowercased().utf8), Array(candidate.lowercased().utf8))
      guard distance <= 2, distance * 2 < max(name.utf8.count, candidate.utf8.count) else { continue }
      let difference = abs(candidate.utf8.count - name.utf8.count)
      if best.map({ (distance, difference) < ($0.distance, $0.difference) }) ?? true {
        best = (candidate, distance, difference)
      }
    }
    return best?.name
  }

  /// How many letters differ, are missing, are too many, or have changed places with their neighbour.
  private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var rowBefore: [Int] = []
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var next = [i + 1]
      for (j, other) in second.enumerated() {
        var best = min(row[j] + (letter == other ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, letter == second[j - 1], other == first[i - 1] {
          best = min(best, rowBefore[j - 1] + 1)
        }
        next.append(best)
      }
      (rowBefore, row) = (row, next)
    }
    return row[second.count]
  }
}
