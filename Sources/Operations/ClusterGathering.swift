import Glibc

/// The clusters of all disks of which only parts have come, within a bound of memory.
///
/// What has waited longest goes to a spill file when there are too many, and comes back when more of it arrives.
struct ClusterGathering {
  struct Key: Hashable {
    let device: UInt8
    let cluster: UInt64
  }

  private enum Place {
    case memory(GatheredCluster)
    case file(slot: UInt64, length: Int, isZeroBacked: Bool)
  }

  private let limit: Int
  private let spill: SpillFile
  private var places: [Key: Place] = [:]
  private var inMemory = 0
  /// Keys in the order in which they came into memory; some have left since.
  private var order: [Key] = []
  private var oldest = 0

  /// - Parameters:
  ///   - memory: bytes that may be held.
  ///   - directory: where the spill file is made once it is needed.
  init(memory: Int, spillDirectory directory: String) {
    limit = max(1, memory / GatheredCluster.footprint)
    spill = SpillFile(directory: directory)
  }

  /// Bytes in the spill file, those of clusters that have left it included.
  var spilled: UInt64 { spill.size }

  /// The parts of a cluster that have come, brought back into memory if need be.
  ///
  /// - Throws: ``ArchiveReceptionError`` of the spill file.
  mutating func cluster(_ key: Key) throws -> GatheredCluster? {
    switch places[key] {
    case nil: return nil
    case .memory(let cluster): return cluster
    case .file(let slot, let length, let isZeroBacked):
      let cluster = GatheredCluster(length: length, isZeroBacked: isZeroBacked)
      try spill.read(slot, into: cluster.memory)
      cluster.recount()
      places[key] = nil
      try insert(cluster, key)
      return cluster
    }
  }

  /// Begins to gather a cluster.
  ///
  /// - Throws: ``ArchiveReceptionError`` of the spill file.
  mutating func insert(_ cluster: GatheredCluster, _ key: Key) throws {
    while inMemory >= limit { try spillOldest() }
    places[key] = .memory(cluster)
    order.append(key)
    inMemory += 1
  }

  /// Ends gathering a cluster.
  ///
  /// - Returns: whether what had not come of it was known to be zero; nil where nothing was gathered.
  @discardableResult
  mutating func remove(_ key: Key) -> Bool? {
    switch places.removeValue(forKey: key) {
    case nil: return nil
    case .memory(let cluster):
      inMemory -= 1
      forgetOrder()
      return cluster.isZeroBacked
    case .file(let slot, _, let isZeroBacked):
      spill.free(slot)
      return isZeroBacked
    }
  }

  /// The clusters of a device that are being gathered, in ascending order.
  func clusters(of device: UInt8) -> [UInt64] {
    places.keys.filter { $0.device == device }.map(\.cluster).sorted()
  }

  private mutating func spillOldest() throws {
    while oldest < order.count {
      let key = order[oldest]
      oldest += 1
      guard case .memory(let cluster) = places[key] else { continue }
      let slot = try spill.write(UnsafeRawBufferPointer(cluster.memory))
      places[key] = .file(slot: slot, length: cluster.length, isZeroBacked: cluster.isZeroBacked)
      inMemory -= 1
      break
    }
    forgetOrder()
  }

  /// Drops the part of the order that has been used, before it outgrows what it orders.
  private mutating func forgetOrder() {
    if inMemory == 0 {
      order.removeAll(keepingCapacity: true)
      oldest = 0
    } else if order.count > 4 * inMemory + 1024 {
      var seen: Set<Key> = []
      order = order[oldest...].filter { key in
        guard case .memory = places[key] else { return false }
        return seen.insert(key).inserted
      }
      oldest = 0
    }
  }
}
