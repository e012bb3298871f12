/// Gathers the trailer from the empty extents at an archive's end.
struct TrailerCollector {
  private var parts: [TrailerPart] = []

  var hasBegun: Bool { !parts.isEmpty }

  var isComplete: Bool { parts.last.map { Int($0.index) + 1 == Int($0.count) } ?? false }

  /// Takes the next part.
  ///
  /// - Parameters:
  ///   - header: the extent's header, whose checksum is right.
  ///   - offset: where it is in the archive.
  /// - Throws: ``VMAError`` when this is not the part that must follow.
  mutating func take(_ header: UnsafeRawBufferPointer, at offset: UInt64) throws(VMAError) {
    guard !isComplete else { throw VMAError(.extentAfterTrailer, at: offset) }
    let slots = (0..<Layout.Extent.slots).map { ExtentHeader.slot($0, of: header).raw }
    let part = try placing(at: offset) { () throws(VMAError) in try TrailerPart(slots: slots) }
    guard ExtentHeader.blockCount(header) == 0 else { throw VMAError(.dataInTrailer, at: offset) }
    guard Int(part.index) == parts.count else {
      throw VMAError(.trailerOutOfOrder(expected: parts.count, found: Int(part.index)), at: offset)
    }
    guard parts.allSatisfy({ $0.count == part.count && $0.bytes.count == Layout.Integrity.partCapacity })
    else {
      throw VMAError(.trailerMalformed("its parts disagree about their number or are not full"), at: offset)
    }
    parts.append(part)
  }

  /// The whole trailer.
  ///
  /// - Parameters:
  ///   - extents: extents of data that were read.
  ///   - end: the archive's length.
  /// - Returns: the record that the parts make up.
  /// - Throws: ``VMAError`` when parts are missing or make no record.
  func trailer(after extents: UInt64, at end: UInt64) throws(VMAError) -> ArchiveTrailer {
    guard isComplete else { throw VMAError(.trailerMissing(extents: extents), at: end) }
    let record = parts.flatMap(\.bytes)
    return try placing(at: end) { () throws(VMAError) in try ArchiveTrailer(decoding: record) }
  }

  /// Adds the place to an error that was found without knowing it.
  private func placing<Value>(
    at offset: UInt64, _ step: () throws(VMAError) -> Value
  ) throws(VMAError) -> Value {
    do { return try step() } catch { throw VMAError(error.reason, at: offset) }
  }
}

extension ArchiveTrailer {
  /// Compares the trailer with what was read.
  ///
  /// - Parameters:
  ///   - extents: extents of data.
  ///   - headerChecksum: the MD5 of the archive's header.
  ///   - trackers: what was found of the devices.
  ///   - end: the archive's length.
  /// - Throws: ``VMAError`` for the first thing that is not as it was written.
  func check(
    extents: UInt64, headerChecksum: (high: UInt64, low: UInt64), trackers: [DeviceTracker],
    at end: UInt64
  ) throws(VMAError) {
    guard self.headerChecksum == headerChecksum else { throw VMAError(.trailerFromOtherHeader, at: end) }
    guard self.extents == extents else {
      throw VMAError(.extentCountMismatch(recorded: self.extents, found: extents), at: end)
    }
    for (tracker, recorded) in zip(trackers, devices) {
      guard tracker.device.id == recorded.id, tracker.seen.count == recorded.clusters else {
        throw VMAError(.trailerDeviceMismatch(id: tracker.device.id), at: end)
      }
      guard !tracker.isHashed || tracker.content == recorded.digest else {
        throw VMAError(.deviceDigestMismatch(device: tracker.device.name), at: end)
      }
    }
    guard trackers.count == devices.count else {
      let odd = trackers.dropFirst(devices.count).first?.device.id ?? devices[trackers.count].id
      throw VMAError(.trailerDeviceMismatch(id: odd), at: end)
    }
  }
}
