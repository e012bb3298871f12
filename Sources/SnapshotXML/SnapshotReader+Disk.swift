import XMLTree

extension SnapshotReader {
  /// Reads one disk (`virDomainSnapshotDiskDefParseXML`); nil when too little is right to tell what it is.
  mutating func readDisk(_ place: ElementPlace) -> SnapshotDisk? {
    guard let name = place.attribute("name") else {
      report(.init(.internalError, .domainSnapshot, "missing name from disk snapshot element"), at: place)
      return nil
    }
    var disk = SnapshotDisk(name: name)
    if let text = place.attribute("snapshot") {
      disk.location = SnapshotLocation(rawValue: text)
      if disk.location == nil { report(.invalidAttribute("snapshot", of: place.element, text), at: place) }
    }
    if let text = place.attribute("type") {
      guard let type = SnapshotDisk.StorageType(rawValue: text) else {
        // These two are kinds of storage to libvirt, but not for a snapshot.
        if text == "dir" || text == "volume" {
          report("unsupported disk snapshot type '\(text)'", at: place)
        } else {
          report(.invalidAttribute("type", of: place.element, text), at: place)
        }
        return nil
      }
      disk.storageType = type
    }
    if let element = place.first("source") {
      let source = readSource(element, of: disk.storageType)
      // An empty element says as much as none.
      if source != SnapshotDiskSource() { disk.source = source }
    }
    readDriver(place, into: &disk)
    checkPath(disk, at: place.first("source") ?? place)

    let mirror = place.first("mirror")
    if disk.location == nil && place.attribute("snapshot") == nil
      && (disk.pathInUse != nil || disk.format != nil || mirror != nil)
    {
      disk.location = .external
    }
    if mode != .create { disk.isDeleteInProgress = place.first("snapshotDeleteInProgress") != nil }
    if let mirror { readMirror(mirror, into: &disk) }
    return disk
  }

  private mutating func readDriver(_ place: ElementPlace, into disk: inout SnapshotDisk) {
    let drivers = place.all("driver")
    if let driver = drivers.first(where: { $0.attribute("type") != nil }),
      let text = driver.attribute("type")?.nonEmpty
    {
      disk.format = SnapshotDisk.ImageFormat(rawValue: text)
      if disk.format == nil {
        report(
          .init(.unsupportedConfiguration, .domainSnapshot, "unknown disk snapshot driver '\(text)'"),
          at: driver)
      }
    }
    let sizes = drivers.flatMap { $0.all("metadata_cache") }.flatMap { $0.all("max_size") }
    if let size = sizes.first, let text = size.element.stringValue.nonEmpty {
      // libvirt looks for the first number and for the first unit, wherever they stand.
      let unit = sizes.lazy.compactMap { $0.attribute("unit") }.first ?? ""
      disk.metadataCacheMaximumSize = readScaled(text, unit: unit, size)
    }
  }

  /// A size with a unit (`virParseScaledValue`), in bytes; nil for 0, which means none.
  private mutating func readScaled(_ text: String, unit: String, _ place: ElementPlace) -> UInt64? {
    guard let value = CNumber.unsigned(text) else {
      report(
        .init(
          .xmlError, .xml,
          "Invalid value '\(text)' for element or attribute './driver/metadata_cache/max_size'"), at: place)
      return nil
    }
    guard let factor = CNumber.factor(ofUnit: unit) else {
      report(.init(.invalidArgument, .none, "unknown suffix '\(unit)'"), at: place)
      return nil
    }
    let (bytes, isTooLarge) = value.multipliedReportingOverflow(by: factor)
    if isTooLarge { report(.init(.overflow, .none, "value too large: \(value)\(unit)"), at: place) }
    return isTooLarge || bytes == 0 ? nil : bytes
  }

  private mutating func checkPath(_ disk: SnapshotDisk, at place: ElementPlace) {
    guard disk.storageType == .file || disk.storageType == .block, let path = disk.source?.path,
      !path.hasPrefix("/")
    else { return }
    report("disk snapshot image path '\(path)' must be absolute", at: place)
  }

  /// A mirror, by the rules of the proposal that libvirt never took, and one more: its path is absolute like all others.
  private mutating func readMirror(_ place: ElementPlace, into disk: inout SnapshotDisk) {
    guard allowMirrors else {
      report(
        .init(.argumentUnsupported, .domainSnapshot, "unable to handle mirroring for '\(disk.name)'"),
        at: place)
      return
    }
    guard let file = place.attribute("file")?.nonEmpty else {
      report("mirror for '\(disk.name)' requires file attribute", at: place)
      return
    }
    disk.mirror = file
    if disk.location != .external {
      report("mirror for '\(disk.name)' requires external snapshot", at: place)
    } else if !file.hasPrefix("/") {
      report("disk snapshot mirror path '\(file)' must be absolute", at: place)
    }
  }
}
