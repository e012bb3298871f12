import XMLTree

extension SnapshotDisk {
  /// The source as libvirt writes it (`virDomainDiskSourceFormat`).
  func sourceElement() -> XMLElement {
    let source = self.source ?? SnapshotDiskSource()
    var element = XMLElement("source")
    switch storageType {
    case .file:
      element.set([("file", source.path), ("fdgroup", source.fileDescriptorGroup)])
    case .block: element.set([("dev", source.path)])
    case .network:
      // libvirt has a protocol for every network disk, if only this one.
      let network = source.network ?? SnapshotDiskSource.Network(protocol: .none)
      network.write(to: &element, path: source.path)
    case .nvme: source.nvme?.write(to: &element)
    case .vhostUser: source.vhostUser?.write(to: &element)
    }
    source.writeAccess(to: &element)
    return element
  }
}

extension SnapshotDiskSource {
  /// What every kind of source can have, in libvirt's order.
  fileprivate func writeAccess(to element: inout XMLElement) {
    if let slice {
      let part = XMLElement(
        "slice", [("type", "storage"), ("offset", String(slice.offset)), ("size", String(slice.size))])
      element.append(XMLElement("slices", children: [.element(part)]))
    }
    for label in securityLabels { element.append(label.element()) }
    if let authentication {
      element.append(
        XMLElement(
          "auth",
          attributes: XMLElement("", [("type", authentication.type), ("username", authentication.username)])
            .attributes,
          children: [.element(authentication.secret.element())]))
    }
    if let encryption { element.append(encryption.element()) }
    if let reservations { element.append(reservations.element()) }
    element.children += otherElements.map { .element($0) }
  }
}

extension SnapshotDiskSource.SecurityLabel {
  fileprivate func element() -> XMLElement {
    var element = XMLElement("seclabel", [("model", model)])
    if isLabelSkipped {
      element.set([("labelskip", "yes")])
    } else {
      element.set([("relabel", relabels ? "yes" : "no")])
    }
    if let label { element.append(XMLElement("label", text: label)) }
    return element
  }
}

extension SnapshotDiskSource.Secret {
  fileprivate func element() -> XMLElement {
    switch lookup {
    case .uuid(let uuid): XMLElement("secret", [("type", type), ("uuid", uuid)])
    case .usage(let usage): XMLElement("secret", [("type", type), ("usage", usage)])
    }
  }
}

extension SnapshotDiskSource.Encryption {
  fileprivate func element() -> XMLElement {
    var element = XMLElement("encryption", [("format", format), ("engine", engine)])
    for secret in secrets { element.append(secret.element()) }
    if let cipher {
      element.append(
        XMLElement(
          "cipher",
          [
            ("name", cipher.name), ("size", String(cipher.size)), ("mode", cipher.mode),
            ("hash", cipher.hash),
          ]))
    }
    if let initialVector {
      element.append(XMLElement("ivgen", [("name", initialVector.name), ("hash", initialVector.hash)]))
    }
    // libvirt closes this one on a line of its own even when nothing is in it.
    if element.children.isEmpty { element.children = [.text("\n        ")] }
    return element
  }
}

extension SnapshotDiskSource.Reservations {
  fileprivate func element() -> XMLElement {
    var element = XMLElement("reservations", [("managed", isManaged ? "yes" : "no")])
    if let path {
      element.append(XMLElement("source", [("type", "unix"), ("path", path), ("mode", "client")]))
    }
    return element
  }
}

extension SnapshotDiskSource.Network {
  fileprivate func write(to element: inout XMLElement, path: String?) {
    element.set([
      ("protocol", `protocol`.rawValue), ("name", path), ("query", query),
      ("tls", usesTLS.map { $0 ? "yes" : "no" }), ("tlsHostname", tlsHostname),
    ])
    for host in hosts { element.append(host.element()) }
    if nfsUser != nil || nfsGroup != nil {
      element.append(XMLElement("identity", [("user", nfsUser), ("group", nfsGroup)]))
    }
    if let snapshotName { element.append(XMLElement("snapshot", [("name", snapshotName)])) }
    if let configurationFile { element.append(XMLElement("config", [("file", configurationFile)])) }
    if let initiatorName {
      element.append(
        XMLElement("initiator", children: [.element(XMLElement("iqn", [("name", initiatorName)]))]))
    }
    if let verifiesCertificate {
      element.append(XMLElement("ssl", [("verify", verifiesCertificate ? "yes" : "no")]))
    }
    if let readAheadSize { element.append(XMLElement("readahead", [("size", String(readAheadSize))])) }
    if let timeoutSeconds { element.append(XMLElement("timeout", [("seconds", String(timeoutSeconds))])) }
  }
}

extension SnapshotDiskSource.Host {
  fileprivate func element() -> XMLElement {
    switch self {
    case .address(let name, let port, let usesRDMA):
      XMLElement(
        "host", [("name", name), ("port", port.map(String.init)), ("transport", usesRDMA ? "rdma" : nil)])
    case .socket(let path): XMLElement("host", [("transport", "unix"), ("socket", path)])
    }
  }
}

extension SnapshotDiskSource.NVMe {
  fileprivate func write(to element: inout XMLElement) {
    element.set([
      ("type", "pci"), ("managed", isManaged.map { $0 ? "yes" : "no" }), ("namespace", String(namespace)),
    ])
    element.append(
      XMLElement(
        "address",
        [
          ("domain", hexadecimal(domain, digits: 4)), ("bus", hexadecimal(bus, digits: 2)),
          ("slot", hexadecimal(slot, digits: 2)), ("function", hexadecimal(function, digits: 1)),
        ]))
  }

  private func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

extension SnapshotDiskSource.VHostUser {
  fileprivate func write(to element: inout XMLElement) {
    element.set([("type", "unix"), ("path", path)])
    switch reconnect {
    case nil: break
    case .disabled: element.append(XMLElement("reconnect", [("enabled", "no")]))
    case .enabled(let seconds):
      element.append(XMLElement("reconnect", [("enabled", "yes"), ("timeout", String(seconds))]))
    }
  }
}

extension XMLElement {
  /// Adds the attributes that have a value.
  fileprivate mutating func set(_ values: [(String, String?)]) {
    for (name, value) in values {
      if let value { attributes.append(XMLAttribute(name, value)) }
    }
  }
}
