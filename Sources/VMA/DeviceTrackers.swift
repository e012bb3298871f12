/// The devices of an archive as they fill up while it is read.
struct DeviceTrackers {
  private(set) var all: [DeviceTracker]
  /// For each device id the index in `all`, or -1.
  private let indices: [Int]
  private let mapLimit: Int
  private var mapCost = 0

  /// - Parameters:
  ///   - devices: the header's.
  ///   - mapLimit: bytes that the maps of seen clusters may take together.
  ///   - isHashed: whether the data of the device with this id is hashed.
  init(_ devices: [ArchiveDevice], mapLimit: Int, isHashed: (UInt8) -> Bool) {
    var indices = Array(repeating: -1, count: 256)
    for (index, device) in devices.enumerated() { indices[Int(device.id)] = index }
    all = devices.map { DeviceTracker($0, isHashed: isHashed($0.id)) }
    self.indices = indices
    self.mapLimit = mapLimit
  }

  /// The index of the device with this id, or nil when the header has none.
  @inline(__always)
  func index(of id: UInt8) -> Int? {
    let index = indices[Int(id)]
    return index < 0 ? nil : index
  }

  /// What those who hash blocks must know.
  var hashed: HashedDevices { HashedDevices(indices: indices, contentEnds: all.map(\.contentEnd)) }

  /// Clusters seen of all devices.
  var clusters: UInt64 { all.reduce(0) { $0 + $1.seen.count } }

  /// The content digest of the device with this index.
  subscript(contentOf index: Int) -> ContentDigest {
    get { all[index].content }
    set { all[index].content = newValue }
  }

  /// Checks the slots of one extent, and marks their clusters as seen.
  ///
  /// - Parameters:
  ///   - header: the extent's header, whose checksum is right.
  ///   - offset: where it is in the archive.
  /// - Throws: ``VMAError`` with the offset of the slot at fault.
  mutating func take(slotsOf header: UnsafeRawBufferPointer, at offset: UInt64) throws(VMAError) {
    var needed = 0
    // Neighbours are marked together, which is most of the time a whole extent at once.
    var run: (index: Int, slot: Int, first: UInt64, length: UInt64)?
    for number in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(number, of: header)
      guard slot.device != 0 else { continue }
      let place = offset + UInt64(ExtentHeader.slotOffset(number))
      guard let index = index(of: slot.device) else {
        throw VMAError(.unknownDevice(id: slot.device), at: place)
      }
      let inside = try all[index].check(slot, at: place)
      let stored = slot.mask.nonzeroBitCount
      needed += stored
      all[index].storedBlocks += UInt64(stored)
      all[index].zeroBlocks += UInt64(max(0, inside - stored))
      if stored > 0 { all[index].zeroBlocksBesideData += UInt64(max(0, inside - stored)) }
      if let before = run, before.index == index, before.first + before.length == slot.cluster,
        before.slot + Int(before.length) == number
      {
        run?.length += 1
      } else {
        if let run { try mark(run, at: offset) }
        run = (index, number, slot.cluster, 1)
      }
    }
    if let run { try mark(run, at: offset) }
    let declared = ExtentHeader.blockCount(header)
    let place = offset + UInt64(Layout.Extent.blockCountOffset)
    guard needed <= declared else {
      throw VMAError(.moreBlocksThanDeclared(declared: declared, needed: needed), at: place)
    }
    guard needed == declared else {
      throw VMAError(.fewerBlocksThanDeclared(declared: declared, needed: needed), at: place)
    }
  }

  private mutating func mark(
    _ run: (index: Int, slot: Int, first: UInt64, length: UInt64), at offset: UInt64
  ) throws(VMAError) {
    let place = offset + UInt64(ExtentHeader.slotOffset(run.slot))
    let device = all[run.index].device
    let expected = all[run.index].seen.count
    guard !all[run.index].isVMState || run.first == expected else {
      throw VMAError(.vmstateOutOfOrder(expected: expected, found: run.first), at: place)
    }
    let cost = all[run.index].seen.cost
    if let twice = all[run.index].seen.insert(first: run.first, length: run.length) {
      let slot = run.slot + Int(twice - run.first)
      throw VMAError(
        .duplicateCluster(device: device.name, cluster: twice),
        at: offset + UInt64(ExtentHeader.slotOffset(slot)))
    }
    mapCost += all[run.index].seen.cost - cost
    guard mapCost <= mapLimit else { throw VMAError(.clusterMapTooLarge(limit: mapLimit), at: place) }
  }

  /// Checks that no disk lacks a cluster.
  ///
  /// - Parameter end: the archive's length.
  /// - Throws: ``VMAError`` naming the first cluster that is missing.
  func checkComplete(at end: UInt64) throws(VMAError) {
    for tracker in all where !tracker.isVMState {
      guard let first = tracker.seen.firstMissing(below: tracker.device.clusterCount) else { continue }
      let count = tracker.device.clusterCount - tracker.seen.count
      throw VMAError(
        .missingClusters(device: tracker.device.name, first: first, count: count), at: end)
    }
  }
}
