/// Checks an archive's extents one after another, and hands out what they hold.
struct ExtentReader: ~Copyable {
  let header: ArchiveHeader
  let headerChecksum: (high: UInt64, low: UInt64)
  private let depth: CheckDepth
  private let selection: DataSelection
  private let checksum: HeaderChecksum
  private(set) var trackers: DeviceTrackers
  private var trailer = TrailerCollector()
  private var hashing: BlockHashing
  /// Extents that are not part of the trailer.
  private(set) var dataExtents: UInt64 = 0
  private(set) var extents: UInt64 = 0

  /// What an extent's data must be.
  struct Expected: Sendable {
    /// The extent's number.
    let number: UInt64
    /// The digest that it carries; nil in archives without digests.
    let digest: UInt64?
  }

  init(
    header: ArchiveHeader, headerChecksum: (high: UInt64, low: UInt64), depth: CheckDepth,
    selection: DataSelection, mapLimit: Int
  ) throws(VMAError) {
    self.header = header
    self.headerChecksum = headerChecksum
    self.depth = depth
    self.selection = selection
    checksum = try HeaderChecksum()
    trackers = DeviceTrackers(header.devices, mapLimit: mapLimit) {
      depth == .data && selection.wants($0)
    }
    hashing = BlockHashing(trackers.hashed)
  }

  /// Checks an extent, and only then hands out its content.
  ///
  /// - Parameters:
  ///   - extent: the extent, or what stands in its place.
  ///   - bytes: what of it is in memory; not empty.
  ///   - runs: where the content goes; nil when nobody wants it.
  /// - Throws: ``VMAError`` for what is wrong, or what the visitor throws.
  mutating func take(
    _ extent: InputBatch.Extent, bytes: UnsafeRawBufferPointer, runs: inout RunAssembler?
  ) throws {
    guard let expected = try take(headerOf: extent, bytes) else { return }
    let extentHeader = bytes.slice(0, Layout.Extent.headerSize)
    let data = bytes.slice(Layout.Extent.headerSize, bytes.count - Layout.Extent.headerSize)
    if depth == .data, extent.isWanted {
      let count = hashing.begin(extentHeader)
      hashing.add(data.slice(0, count * Layout.blockSize), from: 0)
      try hashing.finish(extent: expected.number, recorded: expected.digest, at: extent.offset)
    }
    if runs != nil { try handOut(extentHeader, data, &runs) }
  }

  /// Checks an extent without its data.
  ///
  /// - Parameters:
  ///   - extent: the extent, or what stands in its place.
  ///   - bytes: at least its header, as far as the archive has it.
  /// - Returns: what its data must be; nil for a part of the trailer.
  /// - Throws: ``VMAError``.
  mutating func take(
    headerOf extent: InputBatch.Extent, _ bytes: UnsafeRawBufferPointer
  ) throws(VMAError) -> Expected? {
    let offset = extent.offset
    guard bytes.count >= Layout.Extent.headerSize else {
      throw VMAError(.extentHeaderTruncated(have: bytes.count), at: offset)
    }
    let extentHeader = bytes.slice(0, Layout.Extent.headerSize)
    try ExtentHeader.check(
      header: extentHeader, available: extent.available, at: offset, uuid: header.uuid, checksum: checksum)
    let recorded = try recordedDigest(extentHeader, at: offset)
    extents += 1
    if header.integrity == .digests, recorded == nil {
      try trailer.take(extentHeader, at: offset)
      return nil
    }
    try trackers.take(slotsOf: extentHeader, at: offset)
    defer { dataExtents += 1 }
    return Expected(number: dataExtents, digest: recorded)
  }

  /// Takes what others have found of the devices' contents.
  mutating func add(_ contents: [ContentDigest]) {
    for (index, content) in contents.enumerated() { trackers[contentOf: index].add(content) }
  }

  /// Checks what can only be known at the end.
  ///
  /// - Parameter end: the archive's length.
  /// - Throws: ``VMAError`` for what is missing, or for what differs from the trailer.
  mutating func finish(at end: UInt64) throws(VMAError) {
    add(hashing.contents)
    if header.integrity == .digests {
      let trailer = try trailer.trailer(after: dataExtents, at: end)
      try trailer.check(
        extents: dataExtents, headerChecksum: headerChecksum, trackers: trackers.all, at: end)
    }
    try trackers.checkComplete(at: end)
  }

  /// The digest that an extent carries, or nil in a part of the trailer and in archives without digests.
  private func recordedDigest(
    _ extentHeader: UnsafeRawBufferPointer, at offset: UInt64
  ) throws(VMAError) -> UInt64? {
    guard header.integrity == .digests else { return nil }
    guard let recorded = try ExtentHeader.recordedDigest(extentHeader, extent: dataExtents, at: offset)
    else { return nil }
    guard !trailer.hasBegun else { throw VMAError(.extentAfterTrailer, at: offset) }
    return recorded
  }

  private func handOut(
    _ extentHeader: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer, _ runs: inout RunAssembler?
  ) throws {
    guard var next = data.baseAddress else { return }
    for number in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(number, of: extentHeader)
      guard slot.device != 0, let index = trackers.index(of: slot.device) else { continue }
      // Data that is not wanted may not be in memory; then nothing of it is touched.
      if selection.wants(slot.device) { try runs?.take(slot, of: trackers.all[index].device, data: next) }
      next += slot.mask.nonzeroBitCount * Layout.blockSize
    }
    try runs?.endExtent()
  }
}
