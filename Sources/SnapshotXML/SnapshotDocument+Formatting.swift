import XMLTree

extension SnapshotDocument {
  /// The snapshot as a tree, in libvirt's order of elements (`virDomainSnapshotDefFormat`).
  ///
  /// As libvirt does, it leaves out what is empty: an empty description, a creation time of 0, and type, driver and
  /// source of a disk that has neither path nor format.
  public func element() -> XMLElement {
    var root = XMLElement("domainsnapshot")
    if let name { root.append(XMLElement("name", text: name)) }
    if let description, !description.isEmpty { root.append(XMLElement("description", text: description)) }
    if let state { root.append(XMLElement("state", text: state.rawValue)) }
    if let parentName {
      root.append(XMLElement("parent", children: [.element(XMLElement("name", text: parentName))]))
    }
    if let creationTime, creationTime != 0 {
      root.append(XMLElement("creationTime", text: String(creationTime)))
    }
    if let memory {
      root.append(
        XMLElement("memory", [("snapshot", memory.location.rawValue), ("file", memory.file)]))
    }
    for (name, list) in [("disks", disks), ("revertDisks", revertDisks)] where !list.isEmpty {
      root.append(XMLElement(name, children: list.map { .element($0.element()) }))
    }
    for part in [domain, inactiveDomain, cookie] {
      if let part { root.append(part) }
    }
    if let isActive { root.append(XMLElement("active", text: isActive ? "1" : "0")) }
    return root
  }

  /// The snapshot as libvirt's canonical text in UTF-8, closed by a newline.
  public func bytes() -> [UInt8] { element().bytes(layout: .libvirt) }

  /// What ``bytes()`` gives, as a string.
  public func text() -> String { String(decoding: bytes(), as: UTF8.self) }
}

extension SnapshotDisk {
  /// The disk as libvirt writes it (`virDomainSnapshotDiskDefFormat`), with the mirror after the source.
  func element() -> XMLElement {
    var disk = XMLElement("disk", [("name", name), ("snapshot", location?.rawValue)])
    if isDeleteInProgress { disk.append(XMLElement("snapshotDeleteInProgress")) }
    if hasPrintedSource {
      disk.attributes.append(XMLAttribute("type", storageType.rawValue))
      var driver = XMLElement("driver", [("type", format?.rawValue)])
      if let metadataCacheMaximumSize {
        let size = XMLElement("max_size", [("unit", "bytes")], text: String(metadataCacheMaximumSize))
        driver.append(XMLElement("metadata_cache", children: [.element(size)]))
      }
      disk.appendUnlessEmpty(driver)
      disk.appendUnlessEmpty(sourceElement())
    }
    if let mirror { disk.append(XMLElement("mirror", [("file", mirror)])) }
    return disk
  }
}

extension XMLElement {
  /// An element with the attributes that have a value, and perhaps a text.
  init(_ name: String, _ attributes: [(String, String?)] = [], text: String? = nil) {
    self.init(
      name,
      attributes: attributes.compactMap { key, value in value.map { XMLAttribute(key, $0) } },
      children: text.map { [.text($0)] } ?? [])
  }

  mutating func append(_ child: XMLElement) { children.append(.element(child)) }

  mutating func appendUnlessEmpty(_ child: XMLElement) {
    if !child.attributes.isEmpty || !child.children.isEmpty { append(child) }
  }
}
