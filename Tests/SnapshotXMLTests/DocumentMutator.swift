import XMLTree

/// Changes documents at random, a little at a time, as typing mistakes and bad generators do; the same seed gives the same
/// changes.
struct DocumentMutator {
  private var state: UInt64
  private let elements: [XMLElement]
  private let attributes: [XMLAttribute]

  private static let strangeNames = [
    "mirror", "snapshotDeleteInProgress", "revertDisks", "title", "reservations", "foo", "inactiveDomain",
  ]
  private static let strangeValues = [
    "", "raw", "file", "block", "network", "nvme", "volume", "x", "0", "1", " ", "yes", "no", "external",
    "internal", "manual", "default", "/", "relative", "nostate", "file ",
  ]
  private static let texts = [
    "", "x", " ", "5", "-5", "running", "pmsuspended", "shutoff", "0", "c7a5fdbdedaf9455926ad65c16db1809",
    "paused ",
  ]

  /// - Parameters:
  ///   - seed: Where the sequence of changes starts.
  ///   - documents: Where elements and attributes that are put elsewhere come from.
  init(seed: UInt64, documents: [XMLDocument]) {
    state = seed
    elements = documents.flatMap { Self.all($0.root) }
    attributes = elements.flatMap(\.attributes)
  }

  private static func all(_ element: XMLElement) -> [XMLElement] {
    [element] + element.elements.flatMap { all($0) }
  }

  /// A copy with one to three changes.
  mutating func mutated(_ document: XMLDocument) -> XMLDocument {
    var changed = document
    for _ in 0..<(1 + random(below: 3)) {
      var countdown = random(below: Self.all(changed.root).count)
      change(in: &changed.root, &countdown)
    }
    return changed
  }

  /// Finds the element that the countdown ends at and changes it.
  private mutating func change(in element: inout XMLElement, _ countdown: inout Int) {
    if countdown == 0 {
      countdown -= 1
      return change(&element)
    }
    countdown -= 1
    for index in element.children.indices where countdown >= 0 {
      guard case .element(var child) = element.children[index] else { continue }
      change(in: &child, &countdown)
      element.children[index] = .element(child)
    }
  }

  private mutating func change(_ element: inout XMLElement) {
    switch random(below: 10) {
    case 0 where !element.attributes.isEmpty:
      element.attributes.remove(at: random(below: element.attributes.count))
    case 1:
      let attribute = attributes[random(below: attributes.count)]
      if element.attribute(attribute.name) == nil { element.attributes.append(attribute) }
    case 2 where !element.attributes.isEmpty:
      let values = Self.strangeValues + attributes.map(\.value)
      element.attributes[random(below: element.attributes.count)].value = values[random(below: values.count)]
    case 3 where !element.children.isEmpty: element.children.remove(at: random(below: element.children.count))
    case 4:
      for index in element.children.indices {
        element.children.swapAt(index, random(below: element.children.count))
      }
    case 5, 6:
      let other = elements[random(below: elements.count)]
      element.children.insert(.element(other), at: random(below: element.children.count + 1))
    case 7: element.children.insert(.text(Self.texts[random(below: Self.texts.count)]), at: 0)
    case 8:
      let name = Self.strangeNames[random(below: Self.strangeNames.count)]
      element.children.append(.element(XMLElement(name)))
    default:
      let names = elements.map(\.name) + Self.strangeNames
      element.name = names[random(below: names.count)]
    }
  }

  /// SplitMix64.
  private mutating func random(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ (value >> 31)) % UInt64(max(1, bound)))
  }
}
