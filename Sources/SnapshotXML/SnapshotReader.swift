import XMLTree

/// Reads one document, going on after a fault so that all of them are found; the first is the one libvirt reports.
struct SnapshotReader {
  let document: XMLDocument
  let mode: SnapshotDocument.Mode
  let allowMirrors: Bool
  private(set) var problems: [SnapshotXMLError] = []

  init(document: XMLDocument, mode: SnapshotDocument.Mode, allowMirrors: Bool) {
    self.document = document
    self.mode = mode
    self.allowMirrors = allowMirrors
  }

  /// Faults that are told; each costs a look at all the neighbours of its element.
  static let maximumProblems = 100

  mutating func report(_ fault: SnapshotXMLError.Fault, at place: ElementPlace) {
    guard problems.count < Self.maximumProblems else { return }
    problems.append(
      SnapshotXMLError(
        fault, fileName: document.fileName, line: place.element.line,
        elementPath: place.path(in: document.root)))
  }

  mutating func report(_ text: String, at place: ElementPlace) {
    report(.init(.xmlError, .domainSnapshot, text), at: place)
  }

  mutating func read() -> SnapshotDocument {
    let root = ElementPlace(root: document.root)
    guard root.element.name == "domainsnapshot" else {
      report(
        .init(.xmlError, .xml, "expecting root element of 'domainsnapshot', not '\(root.element.name)'"),
        at: root)
      return SnapshotDocument()
    }
    var snapshot = SnapshotDocument(name: root.text("name"), description: root.text("description"))
    if mode != .create { readHistory(root, into: &snapshot) }
    snapshot.memory = readMemory(root, state: snapshot.state)
    snapshot.disks = readDisks(in: root.all("disks"))
    if mode != .create { snapshot.revertDisks = readDisks(in: root.all("revertDisks")) }
    if mode == .internalMetadata || mode == .any { snapshot.isActive = readActive(root) }
    return snapshot
  }

  /// The parts that only a snapshot that was made before has.
  private mutating func readHistory(_ root: ElementPlace, into snapshot: inout SnapshotDocument) {
    let isComplete = mode != .any
    if isComplete && snapshot.name == nil { report("a redefined snapshot must have a name", at: root) }

    let time = root.first("creationTime")
    snapshot.creationTime = time.flatMap { CNumber.signed($0.element.stringValue) }
    if snapshot.creationTime == nil && (isComplete || time != nil) {
      report(
        .init(.internalError, .domainSnapshot, "missing creationTime from existing snapshot"),
        at: time ?? root)
    }

    snapshot.parentName =
      root.all("parent").lazy.compactMap { $0.first("name") }.first?.element.stringValue.nonEmpty
    if let text = root.text("state") {
      snapshot.state = SnapshotState(rawValue: text)
      if snapshot.state == nil {
        report(
          .init(
            .unsupportedConfiguration, .domainSnapshot, "Invalid state '\(text)' in domain snapshot XML"),
          at: root.first("state") ?? root)
      }
    } else if isComplete {
      report("missing state from existing snapshot", at: root.first("state") ?? root)
    }

    snapshot.domain = root.first("domain")?.element.withoutLayout()
    snapshot.inactiveDomain = root.first("inactiveDomain")?.element.withoutLayout()
    // libvirt reads the cookie of a snapshot with memory only.
    if mode == .any || snapshot.state?.isOffline != true {
      snapshot.cookie = root.first("cookie")?.element.withoutLayout()
    }
  }

  private mutating func readMemory(_ root: ElementPlace, state: SnapshotState?) -> SnapshotMemory? {
    let place = root.first("memory") ?? root
    let isOffline = mode != .create && state?.isOffline == true
    var file: String?
    var location: SnapshotLocation?
    if let memory = root.first("memory") {
      file = memory.attribute("file")
      if let text = memory.attribute("snapshot") {
        location = SnapshotLocation(rawValue: text)
        if location == nil {
          report(.invalidAttribute("snapshot", of: memory.element, text), at: memory)
          return nil
        }
      }
    }
    if location == nil {
      if file != nil {
        location = .external
      } else if mode == .redefine || mode == .internalMetadata {
        location = isOffline ? .no : .internal
      }
    }
    guard let location else { return nil }
    if location == .manual {
      report("'manual' memory snapshot mode not supported", at: place)
    } else if let file, location != .external {
      report("memory filename '\(file)' requires external snapshot", at: place)
    } else if file == nil && location == .external {
      report("external memory snapshots require a filename", at: place)
    } else if isOffline && location != .no {
      report("memory state cannot be saved with offline or disk-only snapshot", at: place)
    } else if let file, !file.hasPrefix("/") {
      report("memory snapshot file path (\(file)) must be absolute", at: place)
    }
    return SnapshotMemory(location: location, file: file)
  }

  /// The disks of all lists together; libvirt takes any element in there for a disk.
  private mutating func readDisks(in lists: [ElementPlace]) -> [SnapshotDisk] {
    var disks: [SnapshotDisk] = []
    for list in lists {
      for place in list.all() {
        if let disk = readDisk(place) { disks.append(disk) }
      }
    }
    return disks
  }

  private mutating func readActive(_ root: ElementPlace) -> Bool? {
    let place = root.first("active")
    let value = place.flatMap { CNumber.signed($0.element.stringValue) }.flatMap { Int32(exactly: $0) }
    if value == nil && (mode == .internalMetadata || place != nil) {
      report(.init(.internalError, .domainSnapshot, "Could not find 'active' element"), at: place ?? root)
    }
    return value.map { $0 != 0 }
  }

  /// What `virDomainSnapshotAlignDisks` refuses whatever the guest's disks are.
  mutating func checkDisksAmongThemselves(_ snapshot: SnapshotDocument) {
    guard document.root.name == "domainsnapshot" else { return }
    let root = ElementPlace(root: document.root)
    var names: Set<String> = []
    for place in root.all("disks").flatMap({ $0.all() }) {
      guard let name = place.attribute("name") else { continue }
      if !names.insert(name).inserted {
        report(.init(.unsupportedConfiguration, .domainSnapshot, "disk '\(name)' specified twice"), at: place)
      }
      // A reader of its own, so that no fault is told twice.
      var again = self
      guard let disk = again.readDisk(place), let path = disk.pathInUse, disk.location != .external else {
        continue
      }
      report(
        .init(
          .unsupportedConfiguration, .domainSnapshot,
          "file '\(path)' for disk '\(name)' requires use of external snapshot mode"), at: place)
    }
  }
}
