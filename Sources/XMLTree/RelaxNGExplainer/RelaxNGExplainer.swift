/// Says what in an invalid document does not match a schema: every problem, at the element it stands on, in words.
///
/// libxml2 gives the verdict on a document but rarely the reason: where a schema interleaves, all it says is that the
/// outermost element does not match. This walks the document along the schema's derivatives, names each problem, and goes
/// on behind it as if it had been right. One explainer serves one thread.
public final class RelaxNGExplainer {
  private var derivatives: RelaxNGDerivatives
  private var violations: [RelaxNGSchema.Violation] = []
  private var fileName: String?

  /// A hostile document can have a problem in every element; the first ones say what there is to say.
  public static let maximumViolations = 100

  /// Reads a schema that libxml2 has accepted.
  ///
  /// - Parameters:
  ///   - path: The schema's main file; what it includes is found relative to it.
  ///   - read: Gives the bytes of a file, nil where it cannot be read.
  /// - Throws: ``XMLError`` of a file that cannot be read or parsed.
  public init(path: String, read: @escaping (String) -> [UInt8]?) throws(XMLError) {
    derivatives = RelaxNGDerivatives(try RelaxNGGrammar(path: path, read: read))
  }

  /// Every violation, in document order; at most ``maximumViolations``.
  ///
  /// - Parameter document: A document, valid or not.
  /// - Returns: None where the document is valid.
  public func violations(in document: XMLDocument) -> [RelaxNGSchema.Violation] {
    violations = []
    fileName = document.fileName
    let root = document.root
    let start = derivatives.grammar.start
    let opened = derivatives.opening(Self.expandedName(root), start)
    guard opened != RelaxNGPatternTable.notAllowed else {
      let expected = derivatives.grammar.nextElements(start)
      report(
        expected.contains(root.name)
          ? RelaxNGMessages.foreignElement(root.qualifiedName, namespace: root.namespace ?? "")
          : RelaxNGMessages.wrongRoot(root.qualifiedName, expected: expected),
        at: root, XMLElementPath(root: root))
      return violations
    }
    _ = walk(root, opened, XMLElementPath(root: root))
    return violations
  }

  private static func expandedName(_ element: XMLElement) -> ExpandedName {
    ExpandedName(namespace: element.namespace ?? "", local: element.name)
  }

  private func report(_ message: String, at element: XMLElement, _ path: XMLElementPath) {
    guard violations.count < Self.maximumViolations else { return }
    violations.append(
      RelaxNGSchema.Violation(
        fileName: fileName, line: element.line, elementPath: path.description, message: message))
  }

  /// Follows an element that has been opened; gives what is left behind it.
  private func walk(
    _ element: XMLElement, _ opened: RelaxNGPattern, _ path: XMLElementPath
  ) -> RelaxNGPattern {
    let attributed = takeAttributes(of: element, opened, path)
    var inside = derivatives.closingStartTag(attributed)
    if inside == RelaxNGPatternTable.notAllowed {
      let needs = derivatives.grammar.missingAttributes(attributed)
      report(RelaxNGMessages.missingAttributes(needs, on: element.qualifiedName), at: element, path)
      inside = derivatives.closingStartTag(attributed, leniently: true)
    }
    let otherWays = derivatives.grammar.attributesOfOtherWays(attributed)
    let question = RelaxNGMessages.question(missing: otherWays, on: element.qualifiedName)
    let left = takeContent(of: element, inside, path, question: question)
    let ended = derivatives.ending(left)
    guard ended == RelaxNGPatternTable.notAllowed else { return ended }
    reportIncomplete(element, left, path, question: question)
    return derivatives.ending(left, leniently: true)
  }

  private func reportIncomplete(
    _ element: XMLElement, _ left: RelaxNGPattern, _ path: XMLElementPath, question: String
  ) {
    let needs = derivatives.grammar.missingElements(left)
    let name = element.qualifiedName
    if needs.isNothing && derivatives.grammar.takesText(left) {
      let expected = derivatives.grammar.expectedValues([left])
      report(RelaxNGMessages.missingText(in: name, expected: expected), at: element, path)
    } else {
      report(RelaxNGMessages.missingElements(needs, in: name) + question, at: element, path)
    }
  }

  // MARK: - Attributes

  private func takeAttributes(
    of element: XMLElement, _ opened: RelaxNGPattern, _ path: XMLElementPath
  ) -> RelaxNGPattern {
    var pattern = opened
    for attribute in element.attributes {
      let name = ExpandedName(namespace: attribute.namespace ?? "", local: attribute.name)
      let left = derivatives.attribute(name, value: attribute.value, pattern)
      guard left == RelaxNGPatternTable.notAllowed else {
        pattern = left
        continue
      }
      let tag = element.qualifiedName
      let couldStand = derivatives.grammar.attributeContents(name, opened)
      let canStand = derivatives.grammar.attributeContents(name, pattern)
      let valueIsWrong = couldStand.allSatisfy { !derivatives.matches(attribute.value, $0) }
      if couldStand.isEmpty {
        let allowed = derivatives.grammar.possibleAttributes(opened)
        report(
          RelaxNGMessages.unknownAttribute(attribute.qualifiedName, on: tag, allowed: allowed), at: element,
          path)
      } else if valueIsWrong {
        let expected = derivatives.grammar.expectedValues(canStand.isEmpty ? couldStand : canStand)
        report(
          RelaxNGMessages.wrongAttribute(
            attribute.qualifiedName, attribute.value, on: tag, expected: expected), at: element, path)
      } else {
        report(
          RelaxNGMessages.conflictingAttribute(attribute.qualifiedName, on: tag), at: element, path)
      }
      let lenient = derivatives.attribute(name, value: nil, pattern)
      if lenient != RelaxNGPatternTable.notAllowed { pattern = lenient }
    }
    return pattern
  }

  // MARK: - Content

  private func takeContent(
    of element: XMLElement, _ start: RelaxNGPattern, _ path: XMLElementPath, question: String
  ) -> RelaxNGPattern {
    let pieces = Self.pieces(of: element)
    if pieces.count <= 1, case .text(let text)? = pieces.first ?? .text("") {
      return takeText(text, start, in: element, path)
    }
    var pattern = start
    var seen: [String] = []
    for piece in pieces {
      switch piece {
      case .text(let text):
        if !collapsed(text).isEmpty { pattern = takeText(text, pattern, in: element, path) }
      case .element(let child, let position):
        let opened = derivatives.opening(Self.expandedName(child), pattern)
        let childPath = path.child(at: position, of: element)
        if opened != RelaxNGPatternTable.notAllowed {
          pattern = walk(child, opened, childPath)
        } else {
          let early = derivatives.opening(Self.expandedName(child), pattern, skips: true)
          guard early != RelaxNGPatternTable.notAllowed else {
            reportUnexpected(child, in: element, start, pattern, seen: seen, childPath, question: question)
            continue
          }
          report(
            RelaxNGMessages.earlyElement(
              child.qualifiedName, in: element.qualifiedName,
              expected: derivatives.grammar.nextElements(pattern)), at: child, childPath)
          pattern = walk(child, early, childPath)
        }
        seen.append(child.qualifiedName)
      }
    }
    return pattern
  }

  private func reportUnexpected(
    _ child: XMLElement, in parent: XMLElement, _ start: RelaxNGPattern, _ now: RelaxNGPattern,
    seen: [String], _ path: XMLElementPath, question: String
  ) {
    let name = child.qualifiedName
    let couldStand =
      derivatives.opening(Self.expandedName(child), start) != RelaxNGPatternTable.notAllowed
    let message =
      if couldStand && seen.contains(name) {
        RelaxNGMessages.repeatedElement(name, in: parent.qualifiedName)
      } else if couldStand {
        RelaxNGMessages.misplacedElement(name, in: parent.qualifiedName, after: seen.last)
      } else {
        unknown(child, in: parent, allowed: derivatives.grammar.nextElements(now)) + question
      }
    report(message, at: child, path)
  }

  private func unknown(_ child: XMLElement, in parent: XMLElement, allowed: [String]) -> String {
    allowed.contains(child.name)
      ? RelaxNGMessages.foreignElement(child.qualifiedName, namespace: child.namespace ?? "")
      : RelaxNGMessages.unknownElement(child.qualifiedName, in: parent.qualifiedName, allowed: allowed)
  }

  private func takeText(
    _ text: String, _ pattern: RelaxNGPattern, in element: XMLElement, _ path: XMLElementPath
  ) -> RelaxNGPattern {
    let taken = derivatives.text(text, pattern)
    if collapsed(text).isEmpty { return derivatives.grammar.table.choice(pattern, taken) }
    guard taken == RelaxNGPatternTable.notAllowed else { return taken }
    let name = element.qualifiedName
    guard derivatives.grammar.takesText(pattern) else {
      report(RelaxNGMessages.unexpectedText(text, in: name), at: element, path)
      return pattern
    }
    let expected = derivatives.grammar.expectedValues([pattern])
    report(RelaxNGMessages.wrongText(text, in: name, expected: expected), at: element, path)
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
