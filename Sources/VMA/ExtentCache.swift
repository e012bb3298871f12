import Locking
import Synchronization

/// What is known of an archive's extents from reading them: headers, data, and hashes of blocks, each within bounds.
///
/// Used by several threads at one time; two that want the same extent read it once.
final class ExtentCache: Sendable {
  private static let maximumMaps = 4096
  /// Bytes of block checks that are kept, 4 for each block: those of 32 GiB of data.
  private static let maximumChecks = 32 << 20

  private let storage: any ArchiveStorage
  private let index: ArchiveIndex
  private let capacity: Int
  private let buffers: ExtentBuffers
  private let state = SleepingLock(State())

  private struct State {
    var maps: [UInt64: ExtentMap] = [:]
    var places: [UInt64: Place] = [:]
    var clock: UInt64 = 0
    var checks: [UInt64: [UInt32]] = [:]
    var checkBytes = 0
  }

  /// The place of one extent's data; whoever holds its lock reads it.
  private final class Place: Sendable {
    let extent = SleepingLock<CheckedExtent?>(nil)
    let lastUse = Atomic<UInt64>(0)
  }

  /// - Parameters:
  ///   - storage: the archive.
  ///   - index: its index.
  ///   - capacity: extents whose data is kept, each up to 3.7 MiB.
  init(_ storage: some ArchiveStorage, _ index: ArchiveIndex, capacity: Int) {
    self.storage = storage
    self.index = index
    self.capacity = capacity
    buffers = ExtentBuffers(capacity: capacity)
  }

  /// The header of an extent, checked.
  func map(of extent: UInt64) throws(VMAError) -> ExtentMap {
    if let map = state.withLock({ $0.maps[extent] }) { return map }
    let map = try readMap(of: extent)
    state.withLock { state in
      if state.maps.count >= Self.maximumMaps { state.maps.removeAll(keepingCapacity: true) }
      state.maps[extent] = map
    }
    return map
  }

  private func readMap(of extent: UInt64) throws(VMAError) -> ExtentMap {
    guard let place = Int(exactly: extent), index.extentOffsets.indices.contains(place) else {
      throw VMAError(.indexUnusable("it names extent \(extent), and there are \(index.extentCount)"))
    }
    let offset = index.extentOffsets[place]
    let bytes = try storage.bytes(Layout.Extent.headerSize, at: offset)
    guard bytes.count == Layout.Extent.headerSize else {
      throw VMAError(.extentHeaderTruncated(have: bytes.count), at: offset)
    }
    let checksum = try HeaderChecksum()
    let available = storage.size - min(storage.size, offset)
    var outcome: Result<ExtentMap, VMAError>?
    bytes.withUnsafeBytes { bytes in
      outcome = Result { () throws(VMAError) in
        try ExtentHeader.check(
          header: bytes, available: Int(clamping: available), at: offset, uuid: index.header.uuid,
          checksum: checksum)
        let digest =
          index.header.integrity == .digests
          ? try ExtentHeader.recordedDigest(bytes, extent: extent, at: offset) : nil
        return ExtentMap(bytes, at: offset, number: extent, digest: digest)
      }
    }
    guard let map = try outcome?.get() else { throw VMAError(.notAnExtent, at: offset) }
    // Whoever made the index may not have looked.
    let described = map.entries.reduce(0) { $0 + $1.mask.nonzeroBitCount }
    guard described == map.blockCount else {
      let place = offset + UInt64(Layout.Extent.blockCountOffset)
      throw described > map.blockCount
        ? VMAError(.moreBlocksThanDeclared(declared: map.blockCount, needed: described), at: place)
        : VMAError(.fewerBlocksThanDeclared(declared: map.blockCount, needed: described), at: place)
    }
    return map
  }

  /// An extent's data where it is in memory already.
  func kept(_ extent: UInt64) -> CheckedExtent? {
    guard let place = state.withLock({ $0.places[extent] }) else { return nil }
    touch(place)
    return place.extent.withLock { $0 }
  }

  /// An extent's data, read and checked unless it is in memory already.
  ///
  /// - Parameters:
  ///   - map: the extent's header.
  ///   - digest: the digest that it carries.
  /// - Returns: the data.
  /// - Throws: ``VMAError``; a later call tries again.
  func checked(_ map: ExtentMap, digest: UInt64) throws(VMAError) -> CheckedExtent {
    let place = state.withLock { state -> Place in
      if let place = state.places[map.number] { return place }
      let place = Place()
      if state.places.count >= capacity,
        let oldest = state.places.min(by: {
          $0.value.lastUse.load(ordering: .relaxed) < $1.value.lastUse.load(ordering: .relaxed)
        })
      {
        // Whoever reads from it still holds the data itself.
        state.places[oldest.key] = nil
      }
      state.places[map.number] = place
      return place
    }
    touch(place)
    let (storage, buffers) = (storage, buffers)
    return try place.extent.withLock { (extent) throws(VMAError) -> CheckedExtent in
      if let extent { return extent }
      let read = try CheckedExtent(map, digest: digest, from: storage, in: buffers)
      extent = read
      keep(read.blockChecks, of: map.number)
      return read
    }
  }

  private func touch(_ place: Place) {
    let now = state.withLock { state in
      state.clock += 1
      return state.clock
    }
    place.lastUse.store(now, ordering: .relaxed)
  }

  private func keep(_ checks: [UInt32], of extent: UInt64) {
    state.withLock { state in
      if state.checkBytes > Self.maximumChecks {
        state.checks.removeAll()
        state.checkBytes = 0
      }
      if state.checks.updateValue(checks, forKey: extent) == nil {
        state.checkBytes += checks.count * MemoryLayout<UInt32>.size
      }
    }
  }

  /// The checks of an extent's blocks, once the whole extent was found to be as it was written.
  func blockChecks(of extent: UInt64) -> [UInt32]? {
    state.withLock { $0.checks[extent] }
  }
}
