import XMLTree

extension SnapshotReader {
  /// Reads a disk's source (`virDomainStorageSourceParse`), part by part in libvirt's order.
  mutating func readSource(_ place: ElementPlace, of type: SnapshotDisk.StorageType) -> SnapshotDiskSource {
    var source = SnapshotDiskSource()
    switch type {
    case .file:
      source.path = place.attribute("file")?.nonEmpty
      source.fileDescriptorGroup = place.attribute("fdgroup")
    case .block: source.path = place.attribute("dev")?.nonEmpty
    case .network:
      source.network = readNetwork(place, path: place.attribute("name"))
      source.path = place.attribute("name")?.nonEmpty
    case .nvme: source.nvme = readNVMe(place)
    case .vhostUser: source.vhostUser = readVHostUser(place)
    }
    if let auth = place.first("auth") { source.authentication = readAuthentication(auth) }
    if let encryption = place.first("encryption") { source.encryption = readEncryption(encryption) }
    if let reservations = place.first("reservations") { source.reservations = readReservations(reservations) }
    source.slice = readSlice(place)
    readSecurityLabels(place, into: &source)
    // Nothing on a server is labelled: libvirt checks these and never writes them.
    if type == .network { source.securityLabels = [] }
    source.otherElements = place.element.elements
      .filter { !isReadIntoFields($0, of: source) }
      .map { $0.withoutLayout() }
    return source
  }

  /// Whether an element was read into a field of its own, or has no place in a snapshot (`index`, `privateData`).
  private func isReadIntoFields(_ element: XMLElement, of source: SnapshotDiskSource) -> Bool {
    switch element.name {
    case "host", "snapshot", "config", "initiator", "ssl", "readahead", "timeout", "address", "slices",
      "seclabel", "auth", "encryption", "reservations", "index", "privateData":
      true
    case "identity": source.network?.protocol == .nfs
    case "reconnect": source.vhostUser != nil
    default: false
    }
  }

  private mutating func readSlice(_ place: ElementPlace) -> SnapshotDiskSource.Slice? {
    let slices = place.all("slices").lazy.flatMap { $0.all("slice") }
    guard let slice = slices.first(where: { $0.attribute("type") == "storage" }) else { return nil }
    guard let offset = slice.attribute("offset")?.nonEmpty, let size = slice.attribute("size")?.nonEmpty
    else {
      report(.init(.xmlError, .domain, "missing offset or size attribute of slice"), at: slice)
      return nil
    }
    var numbers: [UInt64] = []
    for (name, text) in [("offset", offset), ("size", size)] {
      guard let number = CNumber.unsigned(text) else {
        report(
          .init(.xmlError, .domain, "malformed value '\(text)' of '\(name)' attribute of slice"), at: slice)
        return nil
      }
      numbers.append(number)
    }
    return SnapshotDiskSource.Slice(offset: numbers[0], size: numbers[1])
  }

  private mutating func readSecurityLabels(_ place: ElementPlace, into source: inout SnapshotDiskSource) {
    for element in place.all("seclabel") {
      let model = element.attribute("model")
      if let model, source.securityLabels.contains(where: { $0.model == model }) {
        report(.init(.xmlDetail, .domain, "seclabel for model \(model) is already provided"), at: element)
        continue
      }
      let relabels = readYesNo("relabel", element) ?? true
      let isSkipped = readYesNo("labelskip", element) ?? false
      let label = element.text("label")
      if label != nil && !relabels {
        report(
          .init(
            .xmlError, .domain,
            "Cannot specify a label if relabelling is turned off. model=\(model ?? "<null>")"), at: element)
      }
      source.securityLabels.append(
        SnapshotDiskSource.SecurityLabel(
          model: model, relabels: relabels, isLabelSkipped: isSkipped, label: label))
    }
  }

  private mutating func readAuthentication(_ place: ElementPlace) -> SnapshotDiskSource.Authentication? {
    guard let username = place.attribute("username")?.nonEmpty else {
      report(.init(.xmlError, .storage, "missing username for auth"), at: place)
      return nil
    }
    var type = place.attribute("type")?.nonEmpty
    if let text = type, !["none", "chap", "ceph"].contains(text) {
      report(.init(.unsupportedConfiguration, .storage, "unknown auth type '\(text)'"), at: place)
      return nil
    }
    if type == "none" { type = nil }
    guard let secret = place.first("secret") else {
      report(.init(.xmlError, .storage, "Missing <secret> element in auth"), at: place)
      return nil
    }
    guard let lookup = readSecretLookup(secret) else { return nil }
    return SnapshotDiskSource.Authentication(
      type: type, username: username,
      secret: SnapshotDiskSource.Secret(type: secret.attribute("type"), lookup: lookup))
  }

  /// How a secret is named (`virSecretLookupParseSecret`).
  mutating func readSecretLookup(_ place: ElementPlace) -> SnapshotDiskSource.Secret.Lookup? {
    switch (place.attribute("uuid"), place.attribute("usage")) {
    case (nil, nil):
      report(.init(.xmlError, .none, "missing secret uuid or usage attribute"), at: place)
      return nil
    case (.some, .some):
      report(.init(.xmlError, .none, "either secret uuid or usage expected"), at: place)
      return nil
    case (nil, let usage?): return .usage(usage)
    case (let text?, nil):
      guard let uuid = canonicalUUID(text) else {
        report(.init(.xmlError, .none, "invalid secret uuid '\(text)'"), at: place)
        return nil
      }
      return .uuid(uuid)
    }
  }

  private mutating func readReservations(_ place: ElementPlace) -> SnapshotDiskSource.Reservations? {
    guard place.attribute("managed") != nil else {
      report(.missingAttribute("managed", of: place.element), at: place)
      return nil
    }
    guard let isManaged = readYesNo("managed", place) else { return nil }
    let source = place.first("source")
    let type = source?.attribute("type")?.nonEmpty
    let path = source?.attribute("path")?.nonEmpty
    let mode = source?.attribute("mode")?.nonEmpty
    var fault: String?
    if !isManaged || type != nil || path != nil || mode != nil {
      if type == nil {
        fault = "missing connection type for <reservations/>"
      } else if path == nil {
        fault = "missing path for <reservations/>"
      } else if mode == nil {
        fault = "missing connection mode for <reservations/>"
      }
    }
    if fault == nil, let type, type != "unix" {
      fault = "unsupported connection type for <reservations/>: \(type)"
    } else if fault == nil, let mode, mode != "client" {
      fault = "unsupported connection mode for <reservations/>: \(mode)"
    }
    if let fault {
      report(.init(.xmlError, .storage, fault), at: place)
      return nil
    }
    return SnapshotDiskSource.Reservations(isManaged: isManaged, path: path)
  }

  /// An attribute that is yes, no or absent (`virXMLPropTristateBool`).
  mutating func readYesNo(_ name: String, _ place: ElementPlace) -> Bool? {
    switch place.attribute(name) {
    case nil: return nil
    case "yes": return true
    case "no": return false
    case let other?:
      report(.invalidAttribute(name, of: place.element, other), at: place)
      return nil
    }
  }

  /// An attribute that is a 32-bit number (`virXMLPropUInt`).
  mutating func readNumber(_ name: String, _ place: ElementPlace, anyBase: Bool = false) -> UInt32? {
    guard let text = place.attribute(name) else { return nil }
    guard let value = CNumber.unsigned32(text, anyBase: anyBase) else {
      report(
        .invalidAttribute(name, of: place.element, text, hint: " Expected non-negative integer value"),
        at: place)
      return nil
    }
    return value
  }
}

/// The UUID in lower case with dashes in their places (`virUUIDParse`, `virUUIDFormat`); nil when it is none.
private func canonicalUUID(_ text: String) -> String? {
  var digits: [UInt8] = []
  var rest = text.unicodeScalars.drop(while: CNumber.isSpace)
  while let scalar = rest.first, digits.count < 32 {
    rest = rest.dropFirst()
    // A dash may stand between bytes, not within one.
    if scalar == "-" && digits.count.isMultiple(of: 2) { continue }
    guard scalar.properties.isASCIIHexDigit else { return nil }
    digits += Array(String(scalar).lowercased().utf8)
  }
  guard digits.count == 32, rest.allSatisfy(CNumber.isSpace) else { return nil }
  var uuid = ""
  for (index, digit) in digits.enumerated() {
    if [8, 12, 16, 20].contains(index) { uuid += "-" }
    uuid.unicodeScalars.append(Unicode.Scalar(digit))
  }
  return uuid
}
