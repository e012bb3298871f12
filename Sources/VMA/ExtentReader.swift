/// Checks an archive's extents one after another, and hands out what they hold.
struct ExtentReader: ~Copyable {
  let header: ArchiveHeader
  let headerChecksum: (high: UInt64, low: UInt64)
  private let depth: CheckDepth
  private let selection: DataSelection
  private let checksum: HeaderChecksum
  private(set) var trackers: DeviceTrackers
  private var trailer = TrailerCollector()
  private var digest = ExtentDigest()
  /// Extents that are not part of the trailer.
  private(set) var dataExtents: UInt64 = 0
  private(set) var extents: UInt64 = 0

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
      return try trailer.take(extentHeader, at: offset)
    }
    try trackers.take(slotsOf: extentHeader, at: offset)
    let data = bytes.slice(Layout.Extent.headerSize, bytes.count - Layout.Extent.headerSize)
    if depth == .data, extent.isWanted {
      try checkData(data, of: extentHeader, recorded: recorded, at: offset)
    }
    dataExtents += 1
    if runs != nil { try handOut(extentHeader, data, &runs) }
  }

  /// Checks what can only be known at the end.
  ///
  /// - Parameter end: the archive's length.
  /// - Throws: ``VMAError`` for what is missing, or for what differs from the trailer.
  func finish(at end: UInt64) throws(VMAError) {
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

  /// Hashes an extent's blocks for its own digest and for those of its devices.
  private mutating func checkData(
    _ data: UnsafeRawBufferPointer, of extentHeader: UnsafeRawBufferPointer, recorded: UInt64?,
    at offset: UInt64
  ) throws(VMAError) {
    guard var block = data.baseAddress else { return }
    for number in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(number, of: extentHeader)
      guard slot.device != 0, slot.mask != 0, let index = trackers.index(of: slot.device) else { continue }
      var content = trackers[contentOf: index]
      let first = slot.cluster * UInt64(Layout.blocksPerCluster)
      let end = trackers.all[index].contentEnd
      var mask = slot.mask
      while mask != 0 {
        let blockIndex = first + UInt64(mask.trailingZeroBitCount)
        let start = blockIndex * UInt64(Layout.blockSize)
        let hash = Block.hash(block, index: blockIndex)
        if recorded != nil { digest.add(hash) }
        if end >= start + UInt64(Layout.blockSize) {
          if !Block.isZero(block) { content.add(hash) }
        } else if start < end {
          // Some writers leave anything after the end of the device; it is not content.
          content.add(UnsafeRawBufferPointer(start: block, count: Int(end - start)), at: start)
        }
        block += Layout.blockSize
        mask &= mask - 1
      }
      trackers[contentOf: index] = content
    }
    guard let recorded else { return }
    guard digest.finish(extent: dataExtents) == recorded else {
      throw VMAError(.digestMismatch(extent: dataExtents), at: offset)
    }
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
