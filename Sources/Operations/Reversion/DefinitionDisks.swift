import XMLTree

extension XMLElement {
  /// A `<domain>` element with its disks in other files; disks that are not named stay as they are.
  ///
  /// - Parameter places: The image of each disk, by the guest's name for it.
  /// - Returns: The element.
  func withDisks(at places: [String: DiskChain.Image]) -> XMLElement {
    var domain = self
    domain.editDisks { target, disk in
      guard let image = places[target] else { return }
      let source = disk.firstElement(named: "source")
      if (source?.attribute("file") ?? source?.attribute("dev")) == image.path { return }
      disk.putDisk(on: image.path, format: image.format)
    }
    return domain
  }

  /// A `<domain>` element with another one's `<metadata>`, or without any where the other has none.
  func takingMetadata(from other: XMLElement) -> XMLElement {
    var domain = self
    domain.removeElements(named: ["metadata"])
    if let metadata = other.firstElement(named: "metadata") { domain.children.append(.element(metadata)) }
    return domain
  }
}
