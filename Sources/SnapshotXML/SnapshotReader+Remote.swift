import XMLTree

extension SnapshotReader {
  /// Reads what a network source says (`virDomainDiskSourceNetworkParse`).
  mutating func readNetwork(_ place: ElementPlace, path: String?) -> SnapshotDiskSource.Network? {
    guard let text = place.attribute("protocol") else {
      report(.missingAttribute("protocol", of: place.element), at: place)
      return nil
    }
    guard let kind = SnapshotDiskSource.NetworkProtocol(rawValue: text) else {
      report(.invalidAttribute("protocol", of: place.element, text), at: place)
      return nil
    }
    var network = SnapshotDiskSource.Network(protocol: kind)
    if path == nil && kind != .nbd {
      report(.init(.xmlError, .domain, "missing name for disk source"), at: place)
    }
    network.usesTLS = readYesNo("tls", place)
    network.tlsHostname = place.attribute("tlsHostname")
    if let path, kind.splitsPath, !path.dropFirst().contains("/") || path.hasPrefix("/") {
      report(
        .init(.xmlError, .domain, "can't split path '\(path)' into pool name and image name"), at: place)
    }
    network.snapshotName = place.first("snapshot")?.attribute("name")?.nonEmpty
    network.configurationFile = place.first("config")?.attribute("file")?.nonEmpty
    if kind.isHTTP { network.query = place.attribute("query") }
    for host in place.all("host") {
      if let read = readHost(host, of: kind) { network.hosts.append(read) }
    }
    network.initiatorName = place.first("initiator")?.first("iqn")?.attribute("name")?.nonEmpty
    if kind == .nfs, let identity = place.first("identity") {
      network.nfsUser = identity.attribute("user")
      network.nfsGroup = identity.attribute("group")
    }
    if kind.hasCertificate, let ssl = place.first("ssl") {
      network.verifiesCertificate = readYesNo("verify", ssl)
    }
    if kind.isHTTP { checkCookies(place) }
    if kind.isCurl {
      let readAhead = readCurlNumber("readahead", "size", place)
      let timeout = readCurlNumber("timeout", "seconds", place)
      network.readAheadSize = readAhead
      network.timeoutSeconds = timeout
    }
    return network
  }

  private mutating func readHost(
    _ place: ElementPlace, of kind: SnapshotDiskSource.NetworkProtocol
  ) -> SnapshotDiskSource.Host? {
    let transport = place.attribute("transport")
    guard transport == nil || ["tcp", "unix", "rdma"].contains(transport) else {
      report(
        .init(
          .unsupportedConfiguration, .domain, "unknown protocol transport type '\(transport ?? "")'"),
        at: place)
      return nil
    }
    let socket = place.attribute("socket")
    guard transport != "unix" else {
      if socket == nil { report(.init(.xmlError, .domain, "missing socket for unix transport"), at: place) }
      return socket.map { .socket($0) }
    }
    guard socket == nil else {
      report(
        .init(
          .xmlError, .domain, "transport '\(transport ?? "(null)")' does not support socket attribute"),
        at: place)
      return nil
    }
    guard let name = place.attribute("name") else {
      report(.init(.xmlError, .domain, "missing name for host"), at: place)
      return nil
    }
    var port: UInt16?
    if let text = place.attribute("port") {
      guard let number = CNumber.unsigned32(text) else {
        report(.init(.invalidArgument, .none, "failed to parse port number '\(text)'"), at: place)
        return nil
      }
      guard let small = UInt16(exactly: number) else {
        report(.init(.invalidArgument, .none, "port '\(text)' out of range"), at: place)
        return nil
      }
      port = small == 0 ? nil : small
    }
    let usesRDMA = transport == "rdma"
    if port == nil && !usesRDMA { port = kind.defaultPort }
    return .address(name: name, port: port, usesRDMA: usesRDMA)
  }

  /// Cookies are kept as they came, but have to be such that libvirt would take them.
  private mutating func checkCookies(_ place: ElementPlace) {
    var cookies: [(place: ElementPlace, name: String, value: String)] = []
    for cookie in place.all("cookies").flatMap({ $0.all("cookie") }) {
      guard let name = cookie.attribute("name")?.nonEmpty else {
        report(.init(.xmlError, .domain, "missing cookie name"), at: cookie)
        continue
      }
      guard let value = cookie.element.stringValue.nonEmpty else {
        report(.init(.xmlError, .domain, "missing value for cookie '\(name)'"), at: cookie)
        continue
      }
      cookies.append((cookie, name, value))
    }
    // libvirt looks at the characters, and for doubles, only after it has read them all.
    for (index, cookie) in cookies.enumerated() {
      let fault: String?
      if cookie.name.unicodeScalars.contains(where: isForbiddenInCookieName) {
        fault = "cookie name '\(cookie.name)' contains invalid characters"
      } else if cookie.value.unicodeScalars.contains(where: isForbiddenInCookieValue) {
        fault = "value of cookie '\(cookie.name)' contains invalid characters"
      } else if cookies[(index + 1)...].contains(where: { $0.name == cookie.name }) {
        fault = "duplicate cookie '\(cookie.name)'"
      } else {
        fault = nil
      }
      if let fault { report(.init(.xmlError, .storage, fault), at: cookie.place) }
    }
  }

  private mutating func readCurlNumber(_ element: String, _ attribute: String, _ place: ElementPlace)
    -> UInt64?
  {
    guard let found = place.first(element), let text = found.attribute(attribute)?.nonEmpty else {
      return nil
    }
    guard let number = CNumber.unsigned(text) else {
      report(.init(.xmlError, .domain, "invalid readahead size or timeout"), at: found)
      return nil
    }
    return number == 0 ? nil : number
  }

  /// Reads where an NVMe drive is (`virDomainDiskSourceNVMeParse`).
  mutating func readNVMe(_ place: ElementPlace) -> SnapshotDiskSource.NVMe? {
    guard let type = place.attribute("type") else {
      report(.init(.xmlError, .domain, "missing 'type' attribute to disk source"), at: place)
      return nil
    }
    guard type == "pci" else {
      report(.init(.xmlError, .domain, "unsupported source type '\(type)'"), at: place)
      return nil
    }
    guard let namespace = place.attribute("namespace") else {
      report(.init(.xmlError, .domain, "missing 'namespace' attribute to disk source"), at: place)
      return nil
    }
    guard let number = CNumber.wrapping(namespace) else {
      report(.init(.xmlError, .domain, "malformed namespace '\(namespace)'"), at: place)
      return nil
    }
    let isManaged = readYesNo("managed", place)
    guard let address = place.first("address") else {
      report(.init(.xmlError, .domain, "NVMe disk source is missing address"), at: place)
      return nil
    }
    var nvme = SnapshotDiskSource.NVMe(namespace: number, isManaged: isManaged)
    nvme.domain = readNumber("domain", address, anyBase: true) ?? 0
    nvme.bus = readNumber("bus", address, anyBase: true) ?? 0
    nvme.slot = readNumber("slot", address, anyBase: true) ?? 0
    nvme.function = readNumber("function", address, anyBase: true) ?? 0
    checkPCIAddress(nvme, at: address)
    return nvme
  }

  /// The limits of a PCI address (`virPCIDeviceAddressIsValid`); one that is zero but for the function is not looked at.
  private mutating func checkPCIAddress(_ nvme: SnapshotDiskSource.NVMe, at place: ElementPlace) {
    var fault: String?
    if nvme.bus > 0xFF {
      fault = "bus='0x\(String(nvme.bus, radix: 16))', must be <= 0xFF"
    } else if nvme.slot > 0x1F {
      fault = "slot='0x\(String(nvme.slot, radix: 16))', must be <= 0x1F"
    } else if nvme.function > 7 && (nvme.domain > 0 || nvme.bus > 0 || nvme.slot > 0) {
      fault = "function=0x\(String(nvme.function, radix: 16)), must be <= 7"
    }
    if let fault { report(.init(.xmlError, .none, "Invalid PCI address \(fault)"), at: place) }
  }

  /// Reads where a vhost-user process is (`virDomainDiskSourceVHostUserParse`).
  mutating func readVHostUser(_ place: ElementPlace) -> SnapshotDiskSource.VHostUser? {
    guard let type = place.attribute("type") else {
      report(.init(.xmlError, .domain, "missing 'type' attribute for vhostuser disk source"), at: place)
      return nil
    }
    guard type == "unix" else {
      report(.init(.xmlError, .domain, "invalid 'type' attribute for vhostuser disk source"), at: place)
      return nil
    }
    guard let path = place.attribute("path") else {
      report(.init(.xmlError, .domain, "missing 'path' attribute for vhostuser disk source"), at: place)
      return nil
    }
    var process = SnapshotDiskSource.VHostUser(path: path)
    if let reconnect = place.first("reconnect"), let isEnabled = readYesNo("enabled", reconnect) {
      if !isEnabled {
        process.reconnect = .disabled
      } else if reconnect.attribute("timeout") == nil {
        report(.missingAttribute("timeout", of: reconnect.element), at: reconnect)
      } else if let seconds = readNumber("timeout", reconnect) {
        process.reconnect = .enabled(timeoutSeconds: seconds)
      }
    }
    return process
  }
}

/// `virStorageSourceNetCookieValidate`: what RFC 6265 does not let into a cookie's name.
private func isForbiddenInCookieName(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value <= 0x20 || scalar.value == 0x7F || "()<>@,;:\\\"/[]?={}".unicodeScalars.contains(scalar)
}

/// What RFC 6265 does not let into a cookie's value.
private func isForbiddenInCookieValue(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value <= 0x20 || scalar.value == 0x7F || "\",;\\".unicodeScalars.contains(scalar)
}
