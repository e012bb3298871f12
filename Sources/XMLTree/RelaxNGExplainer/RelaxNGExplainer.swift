/// Says what in an invalid document does not match a schema: every problem, at the element it stands on, in words.
///
/// libxml2 gives the verdict on a document but rarely the reason: where a schema interleaves, all it says is that the
/// outermost element does not match. This walks the document along the schema's derivatives, names each problem, and goes
/// on behind it as if it had been right. One explainer serves one thread.
public final class RelaxNGExplainer {
  private let grammar: RelaxNGGrammar
  private var derivatives: RelaxNGDerivatives
  private var violations: [RelaxNGSchema.Violation] = []
  private var fileName: String?

  /// A hostile document can have a problem in every element; the first ones say what there is to say.
  public static let maximumViolations = 100

  /// How many derivatives are remembered from one document to the next; beyond, they are found anew.
  private static let maximumMemory = 200_000

  /// Reads a schema that libxml2 has accepted.
  ///
  /// - Parameters:
  ///   - path: The schema's main file; what it includes is found relative to it.
  ///   - read: Gives the bytes of a file, nil where it cannot be read.
  /// - Throws: ``XMLError`` of a file that cannot be read or parsed.
  public init(path: String, read: @escaping (String) -> [UInt8]?) throws(XMLError) {
    grammar = try RelaxNGGrammar(path: path, read: read)
    derivatives = RelaxNGDerivatives(grammar)
  }

  /// Every violation, in document order; at most ``maximumViolations``.
  ///
  /// - Parameter document: A document, valid or not.
  /// - Returns: None where the document is valid.
  public func violations(in document: XMLDocument) -> [RelaxNGSchema.Violation] {
    violations = []
    fileName = document.fileName
    if derivatives.count > Self.maximumMemory { derivatives = RelaxNGDerivatives(grammar) }
    let root = document.root
    let place = Place(root)
    let start = derivatives.grammar.start
    let opened = derivatives.opening(Self.expandedName(root), start)
    guard opened != RelaxNGPatternTable.notAllowed else {
      let expected = derivatives.grammar.nextElements(start)
      report(
        expected.contains(root.name)
          ? RelaxNGMessages.foreignElement(root.qualifiedName, namespace: root.namespace ?? "")
          : RelaxNGMessages.wrongRoot(root.qualifiedName, expected: expected),
        at: place)
      return violations
    }
    _ = walk(place, opened)
    return violations
  }

  private static func expandedName(_ element: XMLElement) -> ExpandedName {
    ExpandedName(namespace: element.namespace ?? "", local: element.name)
  }

  private var isFull: Bool { violations.count >= Self.maximumViolations }

  private func report(_ message: String, at place: Place) {
    guard !isFull else { return }
    violations.append(
      RelaxNGSchema.Violation(
        fileName: fileName, line: place.element.line, elementPath: place.path.description, message: message))
  }

  /// Follows an element that has been opened; gives what is left behind it.
  private func walk(_ place: Place, _ opened: RelaxNGPattern) -> RelaxNGPattern {
    let attributed = takeAttributes(at: place, opened)
    var inside = derivatives.closingStartTag(attributed)
    if inside == RelaxNGPatternTable.notAllowed {
      let needs = derivatives.grammar.missingAttributes(attributed)
      report(RelaxNGMessages.missingAttributes(needs, on: place.name), at: place)
      inside = derivatives.closingStartTag(attributed, leniently: true)
    }
    let otherWays = derivatives.grammar.attributesOfOtherWays(attributed)
    let question = RelaxNGMessages.question(missing: otherWays, on: place.name)
    let left = takeContent(at: place, inside, question: question)
    let ended = derivatives.ending(left)
    guard ended == RelaxNGPatternTable.notAllowed else { return ended }
    reportIncomplete(place, left, question: question)
    return derivatives.ending(left, leniently: true)
  }

  private func reportIncomplete(_ place: Place, _ left: RelaxNGPattern, question: String) {
    let needs = derivatives.grammar.missingElements(left)
    if needs.isNothing && derivatives.grammar.takesText(left) {
      let expected = derivatives.grammar.expectedValues([left])
      report(RelaxNGMessages.missingText(in: place.name, expected: expected), at: place)
    } else {
      report(RelaxNGMessages.missingElements(needs, in: place.name) + question, at: place)
    }
  }

  // MARK: - Attributes

  private func takeAttributes(at place: Place, _ opened: RelaxNGPattern) -> RelaxNGPattern {
    var pattern = opened
    for attribute in place.element.attributes {
      let name = ExpandedName(namespace: attribute.namespace ?? "", local: attribute.name)
      let left = derivatives.attribute(name, value: attribute.value, pattern)
      guard left == RelaxNGPatternTable.notAllowed else {
        pattern = left
        continue
      }
      if isFull { return pattern }
      report(reason(against: attribute, name, on: place.name, opened, pattern), at: place)
      let lenient = derivatives.attribute(name, value: nil, pattern)
      if lenient != RelaxNGPatternTable.notAllowed { pattern = lenient }
    }
    return pattern
  }

  private func reason(
    against attribute: XMLAttribute, _ name: ExpandedName, on tag: String, _ opened: RelaxNGPattern,
    _ now: RelaxNGPattern
  ) -> String {
    let couldStand = derivatives.grammar.attributeContents(name, opened)
    guard !couldStand.isEmpty else {
      let allowed = derivatives.grammar.possibleAttributes(opened)
      return RelaxNGMessages.unknownAttribute(attribute.qualifiedName, on: tag, allowed: allowed)
    }
    guard couldStand.allSatisfy({ !derivatives.matches(attribute.value, $0) }) else {
      return RelaxNGMessages.conflictingAttribute(attribute.qualifiedName, on: tag)
    }
    let canStand = derivatives.grammar.attributeContents(name, now)
    let expected = derivatives.grammar.expectedValues(canStand.isEmpty ? couldStand : canStand)
    return RelaxNGMessages.wrongAttribute(
      attribute.qualifiedName, attribute.value, on: tag, expected: expected)
  }

  // MARK: - Content

  private func takeContent(
    at place: Place, _ start: RelaxNGPattern, question: String
  ) -> RelaxNGPattern {
    let pieces = Self.pieces(of: place.element)
    if pieces.count <= 1, case .text(let text)? = pieces.first ?? .text("") {
      return takeText(text, start, at: place)
    }
    var pattern = start
    var seen: Set<String> = []
    var previous: String?
    for piece in pieces {
      if isFull { break }
      switch piece {
      case .text(let text):
        if !collapsed(text).isEmpty { pattern = takeText(text, pattern, at: place) }
      case .element(let element, let position):
        let child = Place(element, at: position, in: place)
        let name = Self.expandedName(element)
        var opened = derivatives.opening(name, pattern)
        if opened == RelaxNGPatternTable.notAllowed {
          opened = derivatives.opening(name, pattern, skips: true)
          guard opened != RelaxNGPatternTable.notAllowed else {
            let couldStand = derivatives.opening(name, start) != RelaxNGPatternTable.notAllowed
            report(
              !couldStand
                ? unknown(child, in: place, allowed: derivatives.grammar.nextElements(pattern)) + question
                : seen.contains(child.name)
                  ? RelaxNGMessages.repeatedElement(child.name, in: place.name)
                  : RelaxNGMessages.misplacedElement(child.name, in: place.name, after: previous),
              at: child)
            continue
          }
          let expected = derivatives.grammar.nextElements(pattern)
          report(RelaxNGMessages.earlyElement(child.name, in: place.name, expected: expected), at: child)
        }
        pattern = walk(child, opened)
        seen.insert(child.name)
        previous = child.name
      }
    }
    return pattern
  }

  private func unknown(_ child: Place, in parent: Place, allowed: [String]) -> String {
    allowed.contains(child.element.name)
      ? RelaxNGMessages.foreignElement(child.name, namespace: child.element.namespace ?? "")
      : RelaxNGMessages.unknownElement(child.name, in: parent.name, allowed: allowed)
  }

  private func takeText(_ text: String, _ pattern: RelaxNGPattern, at place: Place) -> RelaxNGPattern {
    let taken = derivatives.text(text, pattern)
    if collapsed(text).isEmpty { return derivatives.grammar.table.choice(pattern, taken) }
    guard taken == RelaxNGPatternTable.notAllowed else { return taken }
    guard derivatives.grammar.takesText(pattern) else {
      report(RelaxNGMessages.unexpectedText(text, in: place.name), at: place)
      return pattern
    }
    let expected = derivatives.grammar.expectedValues([pattern])
    report(RelaxNGMessages.wrongText(text, in: place.name, expected: expected), at: place)
    let lenient = derivatives.text(nil, pattern)
    return lenient == RelaxNGPatternTable.notAllowed ? pattern : lenient
  }

  /// What a schema sees of an element's content: its elements, and the text between them in one piece each.
  private enum Piece {
    case text(String)
    case element(XMLElement, position: Int)
  }

  private static func pieces(of element: XMLElement) -> [Piece] {
    var pieces: [Piece] = []
    for (position, child) in element.children.enumerated() {
      switch child {
      case .element(let element): pieces.append(.element(element, position: position))
      case .text(let text), .cdata(let text):
        if case .text(let before)? = pieces.last {
          pieces[pieces.count - 1] = .text(before + text)
        } else {
          pieces.append(.text(text))
        }
      case .comment, .processingInstruction: break
      }
    }
    return pieces
  }
}

/// An element and the way to it; the path is put together only where there is something to report, for that looks at
/// every sibling.
private final class Place {
  let element: XMLElement
  private let parent: (place: Place, position: Int)?

  init(_ root: XMLElement) {
    element = root
    parent = nil
  }

  init(_ element: XMLElement, at position: Int, in place: Place) {
    self.element = element
    parent = (place, position)
  }

  var name: String { element.qualifiedName }

  var path: XMLElementPath {
    guard let parent else { return XMLElementPath(root: element) }
    return parent.place.path.child(at: parent.position, of: parent.place.element)
  }
}
