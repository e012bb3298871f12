import XMLTree

/// The disks of a `<domain>` document, put on other images.
extension XMLElement {
  /// Changes each disk of the guest's devices.
  ///
  /// - Parameter edit: Is told the guest's name for the disk, such as `vda`; empty for one without a name.
  mutating func editDisks(_ edit: (_ target: String, _ disk: inout XMLElement) throws -> Void) rethrows {
    try editElements(named: "devices") { devices in
      try devices.editElements(named: "disk") { disk in
        try edit(disk.firstElement(named: "target")?.attribute("dev") ?? "", &disk)
      }
    }
  }

  /// Puts a `<disk>` on another image; libvirt finds the images below by itself, in the headers.
  ///
  /// - Parameters:
  ///   - path: The image.
  ///   - format: Its format, as QEMU calls it.
  ///   - isBlockDevice: Whether the path is a block device and not a file.
  mutating func putDisk(on path: String, format: String, isBlockDevice: Bool = false) {
    let storage: Set<String> = ["source", "backingStore", "mirror"]
    let source = XMLElement("source", attributes: [XMLAttribute(isBlockDevice ? "dev" : "file", path)])
    let position =
      children.firstIndex { child in
        guard case .element(let element) = child else { return false }
        return storage.contains(element.name) && element.namespace == nil
      } ?? children.endIndex
    // Nothing in front of that position is removed, so it stays the place of the source.
    removeElements(named: storage)
    children.insert(.element(source), at: position)
    editElements(named: "driver") { $0.setAttribute("type", format) }
    setAttribute("type", isBlockDevice ? "block" : "file")
  }
}
