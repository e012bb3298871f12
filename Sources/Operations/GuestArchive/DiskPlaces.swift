import XMLTree

/// New places for the disks of a `<domain>` document.
struct DiskPlaces {
  private static let storage: Set<String> = ["source", "backingStore", "mirror"]

  private let disks: [String: GuestDisk]

  /// Places by the disks' targets; only paths are meant, `type` being `file` or `block`.
  init(_ disks: [String: GuestDisk]) {
    self.disks = disks
  }

  /// The document with those disks in their new places, and without what libvirt once knew of the chains below all disks.
  func put(into domain: XMLElement) -> XMLElement {
    domain.mappingElements(named: "devices") { devices in
      devices.mappingElements(named: "disk", moved)
    }
  }

  private func moved(_ disk: XMLElement) -> XMLElement {
    guard let target = disk.firstElement(named: "target")?.attribute("dev"), let place = disks[target] else {
      return disk
    }
    var moved = disk.mappingElements(named: "driver") { driver in
      driver.settingAttribute("type", place.format)
    }
    moved = moved.settingAttribute("type", place.type)
    let source = XMLElement(
      "source", attributes: [.init(place.type == "block" ? "dev" : "file", place.source)])
    var children: [XMLNode] = []
    var isPlaced = false
    for child in moved.children {
      guard case .element(let element) = child, Self.storage.contains(element.name) else {
        children.append(child)
        continue
      }
      if !isPlaced { children.append(.element(source)) }
      isPlaced = true
    }
    if !isPlaced { children.append(.element(source)) }
    moved.children = children
    return moved
  }
}

extension XMLElement {
  /// The element with each child of this name replaced.
  func mappingElements(named name: String, _ transform: (XMLElement) throws -> XMLElement) rethrows
    -> XMLElement
  {
    var result = self
    result.children = try children.map { child in
      guard case .element(let element) = child, element.name == name, element.namespace == nil else {
        return child
      }
      return .element(try transform(element))
    }
    return result
  }

  /// The element without its children of these names.
  func removingElements(named names: Set<String>) -> XMLElement {
    var result = self
    result.children.removeAll { child in
      guard case .element(let element) = child else { return false }
      return names.contains(element.name) && element.namespace == nil
    }
    return result
  }

  /// The element with an attribute set, where it stood or at the end.
  func settingAttribute(_ name: String, _ value: String) -> XMLElement {
    var result = self
    if let index = result.attributes.firstIndex(where: { $0.name == name }) {
      result.attributes[index].value = value
    } else {
      result.attributes.append(.init(name, value))
    }
    return result
  }
}
