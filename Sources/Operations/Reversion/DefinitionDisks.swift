import XMLTree

extension XMLElement {
  /// A `<domain>` element with its disks in other files; disks that are not named stay as they are.
  ///
  /// - Parameter places: The image of each disk, by the guest's name for it.
  /// - Returns: The element.
  func withDisks(at places: [String: DiskChain.Image]) -> XMLElement {
    replacing("devices") { devices in
      devices.replacing("disk") { disk in
        guard let target = disk.firstElement(named: "target")?.attribute("dev"), let image = places[target]
        else { return disk }
        return disk.moved(to: image)
      }
    }
  }

  /// A `<disk>` element in another file. What is below the file is left for libvirt to read from its header.
  private func moved(to image: DiskChain.Image) -> XMLElement {
    let source = firstElement(named: "source")
    if (source?.attribute("file") ?? source?.attribute("dev")) == image.path { return self }
    var disk = self
    disk.setAttribute("type", "file")
    disk.children.removeAll { child in
      guard case .element(let element) = child else { return false }
      return ["source", "backingStore", "mirror"].contains(element.name)
    }
    disk = disk.replacing("driver") { driver in
      var driver = driver
      driver.setAttribute("type", image.format)
      return driver
    }
    disk.children.append(
      .element(XMLElement("source", attributes: [XMLAttribute("file", image.path)])))
    return disk
  }

  /// A `<domain>` element with another one's `<metadata>`, or without any where the other has none.
  func takingMetadata(from other: XMLElement) -> XMLElement {
    var copy = self
    copy.children.removeAll { child in
      guard case .element(let element) = child else { return false }
      return element.name == "metadata" && element.namespace == nil
    }
    if let metadata = other.firstElement(named: "metadata") { copy.children.append(.element(metadata)) }
    return copy
  }
}
