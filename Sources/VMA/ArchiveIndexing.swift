extension ArchiveIndex {
  /// Runs that an index holds at most, 512 MiB of memory: more than 2 TiB of data in the worst of orders.
  static let maximumRuns = 32 << 20

  /// Reads the header and the 512 bytes in front of each extent, and none of the data.
  ///
  /// Checked is all that can be without the data: headers, slots, clusters that occur twice or lie past the end, the
  /// archive's end, and the trailer where the header promises one. Clusters that are missing are no error here.
  /// - Parameters:
  ///   - storage: the archive.
  ///   - progress: called every few thousand extents with the bytes passed; what it throws ends the work.
  /// - Throws: ``VMAError`` with the byte offset of what is wrong, or what `progress` throws.
  public init(of storage: some ArchiveStorage, progress: ((UInt64) throws -> Void)? = nil) throws {
    try self.init(of: storage, maximumRuns: Self.maximumRuns, progress: progress)
  }

  init(
    of storage: some ArchiveStorage, maximumRuns: Int, progress: ((UInt64) throws -> Void)? = nil
  ) throws {
    let (header, headerSize, identity) = try Self.header(of: storage)
    var places = try ExtentPlaces(header: header, maximumRuns: maximumRuns)
    var walk = HeaderWalk(storage, from: headerSize)
    while let extent = try walk.next() {
      try places.take(walk.header(of: extent), at: extent.offset, available: extent.available)
      if places.extents.count % 4096 == 0 { try progress?(walk.end) }
    }
    let trailer = try places.finish(identity, at: walk.end)
    self.header = header
    archiveSize = storage.size
    headerChecksum = identity
    extentOffsets = places.extents
    devices = places.devices()
    digests = Dictionary(
      (trailer?.devices ?? []).map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
    try progress?(walk.end)
  }

  /// Reads the archive's header.
  static func header(
    of storage: some ArchiveStorage
  ) throws(VMAError) -> (header: ArchiveHeader, size: UInt64, identity: HeaderIdentity) {
    var bytes = try storage.bytes(Layout.Header.fixedSize, at: 0)
    let size = try ArchiveHeader.declaredSize(fixedPart: bytes)
    bytes = try storage.bytes(size, at: 0)
    return (try ArchiveHeader(decoding: bytes), UInt64(size), HeaderIdentity(ofHeader: bytes))
  }
}

extension ArchiveStorage {
  /// The bytes from `offset` on, fewer where the archive ends.
  func bytes(_ count: Int, at offset: UInt64) throws(VMAError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var outcome: Result<Int, VMAError> = .success(0)
    bytes.withUnsafeMutableBytes { buffer in
      outcome = Result { () throws(VMAError) in try read(into: buffer, at: offset) }
    }
    return Array(bytes.prefix(try outcome.get()))
  }
}

/// Where an archive's clusters are, by the headers of its extents alone.
private struct ExtentPlaces: ~Copyable {
  private let header: ArchiveHeader
  private let maximumRuns: Int
  private let checksum: HeaderChecksum
  private var trackers: DeviceTrackers
  private var trailer = TrailerCollector()
  private var runs: [ClusterRuns]
  private var stored: [UInt64]
  private var runCount = 0
  private(set) var extents: [UInt64] = []

  init(header: ArchiveHeader, maximumRuns: Int) throws(VMAError) {
    self.header = header
    self.maximumRuns = maximumRuns
    checksum = try HeaderChecksum()
    trackers = DeviceTrackers(header.devices, mapLimit: ClusterSet.defaultLimit) { _ in false }
    runs = header.devices.map { _ in ClusterRuns() }
    stored = header.devices.map { _ in 0 }
  }

  /// Checks an extent by its header.
  ///
  /// - Parameters:
  ///   - bytes: the header, or what there is of it.
  ///   - offset: where it is.
  ///   - available: bytes of the extent that the archive has.
  /// - Throws: ``VMAError`` for what is wrong.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, at offset: UInt64, available: Int
  ) throws(VMAError) {
    guard bytes.count == Layout.Extent.headerSize else {
      throw VMAError(.extentHeaderTruncated(have: bytes.count), at: offset)
    }
    try ExtentHeader.check(
      header: bytes, available: available, at: offset, uuid: header.uuid, checksum: checksum)
    if header.integrity == .digests {
      guard try ExtentHeader.recordedDigest(bytes, extent: UInt64(extents.count), at: offset) != nil else {
        try trailer.take(bytes, at: offset)
        return
      }
      guard !trailer.hasBegun else { throw VMAError(.extentAfterTrailer, at: offset) }
    }
    try trackers.take(slotsOf: bytes, at: offset)
    note(bytes)
    extents.append(offset)
    guard runCount <= maximumRuns else { throw VMAError(.indexTooLarge(runs: maximumRuns), at: offset) }
  }

  private mutating func note(_ bytes: UnsafeRawBufferPointer) {
    let extent = UInt64(extents.count)
    var clusters: [(index: Int, cluster: UInt32, isZero: Bool)] = []
    clusters.reserveCapacity(Layout.Extent.slots)
    var isAscending = true
    for number in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(number, of: bytes)
      guard slot.device != 0, let index = trackers.index(of: slot.device) else { continue }
      let cluster = UInt32(truncatingIfNeeded: slot.cluster)
      if let before = clusters.last, (before.index, before.cluster) > (index, cluster) { isAscending = false }
      clusters.append((index, cluster, slot.mask == 0))
      if slot.mask != 0 { stored[index] += 1 }
    }
    // Several writers at work on one disk leave neighbours side by side, but not in order.
    if !isAscending { clusters.sort { ($0.index, $0.cluster) < ($1.index, $1.cluster) } }
    for (index, cluster, isZero) in clusters {
      let before = runs[index].runs.count
      runs[index].take(cluster: cluster, isZero: isZero, extent: extent)
      runCount += runs[index].runs.count - before
    }
  }

  /// Checks what can only be known at the end.
  ///
  /// - Returns: the trailer, where the header promises one.
  func finish(_ identity: HeaderIdentity, at end: UInt64) throws(VMAError) -> ArchiveTrailer? {
    guard header.integrity == .digests else { return nil }
    let trailer = try trailer.trailer(after: UInt64(extents.count), at: end)
    try trailer.check(
      extents: UInt64(extents.count), headerChecksum: (identity.high, identity.low), trackers: trackers.all,
      at: end)
    return trailer
  }

  mutating func devices() -> [ArchiveIndex.Device] {
    trackers.all.indices.map { index in
      let tracker = trackers.all[index]
      let found = runs[index]
      runs[index] = ClusterRuns()
      return ArchiveIndex.Device(
        device: tracker.device, storedClusters: stored[index],
        zeroClusters: tracker.seen.count - stored[index], storedBlocks: tracker.storedBlocks,
        runs: found.ordered())
    }
  }
}
