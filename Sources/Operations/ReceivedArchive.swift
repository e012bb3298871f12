import Glibc
import Locking
import NBDServer
import SystemPackage
import VMA

/// An archive that several clients write at the same time: disks in any order and size, the memory stream in pieces.
///
/// One lock is around everything, because an archive has one end that grows; whoever finds the output slow holds the
/// lock, and so the others up. The first error that the archive does not survive is kept, and refuses all that
/// comes after.
final class ReceivedArchive: @unchecked Sendable {
  /// A disk of the archive.
  struct Disk {
    let device: ArchiveDevice
    /// Bytes of the export; the device is rounded up to sectors.
    let size: UInt64
    let clusters: ReceivedClusters
    /// Clusters being gathered of which the rest is not known to be zero.
    var open: UInt64 = 0
  }

  private let lock = SleepingLock(())
  private let writer: ArchiveWriter
  private let treatsUnwrittenAsZero: Bool
  private var gathering: ClusterGathering
  private var disks: [UInt8: Disk]
  private var memory = UInt64(0)
  private var firstFailure: (any Error)?
  private var wantsSync = false

  /// - Parameters:
  ///   - writer: has written the header.
  ///   - disks: the sizes of the exports, by device.
  ///   - treatsUnwrittenAsZero: whether what nobody writes is complete.
  ///   - gathering: where parts of clusters wait.
  init(
    _ writer: ArchiveWriter, disks: [(device: ArchiveDevice, size: UInt64)], treatsUnwrittenAsZero: Bool,
    gathering: ClusterGathering
  ) {
    self.writer = writer
    self.treatsUnwrittenAsZero = treatsUnwrittenAsZero
    self.gathering = gathering
    self.disks = Dictionary(
      uniqueKeysWithValues: disks.map { device, size in
        (
          device.id,
          Disk(device: device, size: size, clusters: ReceivedClusters(count: device.clusterCount))
        )
      })
  }

  /// What the archive does not survive, once it has happened.
  var failure: (any Error)? { lock.withLock { _ in firstFailure } }

  /// Whether a client has asked for its data to be on storage.
  var isToBeSynced: Bool { lock.withLock { _ in wantsSync } }

  /// What can be seen of the work from outside.
  struct Glance {
    /// What the archive does not survive, once it has happened.
    var failure: (any Error)?
    /// Bytes of disks that are known.
    var completed: UInt64 = 0
    /// Those of them that are zero.
    var zeros: UInt64 = 0
    /// Bytes of the archive that the output has taken.
    var written: UInt64 = 0
  }

  /// How far it is; nil while somebody is at work, perhaps held up by an output that stands still.
  var glance: Glance? {
    lock.withLockIfAvailable { _ in
      let stored = writer.storedBlocks * UInt64(Layout.blockSize)
      let known = disks.values.reduce(UInt64(0)) { sum, disk in
        sum + min(disk.size, (disk.clusters.count - disk.clusters.count(of: .untouched)) * clusterSize)
      }
      return Glance(
        failure: firstFailure, completed: known, zeros: known - min(known, stored),
        written: writer.bytesWritten)
    }
  }

  /// Fails the archive, unless it has failed before.
  func fail(_ error: any Error) {
    lock.withLock { _ in if firstFailure == nil { firstFailure = error } }
  }

  /// Gives the archive up.
  func abort() { writer.abort() }

  /// Lets whoever waits for the output go on, with an error; from any thread.
  func interrupt() { writer.interrupt() }

  // MARK: - Disks

  /// Takes bytes of a disk, in any order and of any length.
  func write(_ bytes: UnsafeRawBufferPointer, to id: UInt8, at offset: UInt64) throws {
    try change(id, offset..<offset + UInt64(bytes.count)) { whole in
      let start = Int(whole.lowerBound * clusterSize - offset)
      let end = min(bytes.count, start + (whole.count) * Layout.clusterSize)
      try writeWhole(id, whole, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    } part: { cluster, range in
      let start = Int(cluster * clusterSize + UInt64(range.lowerBound) - offset)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<start + range.count])
      try gather(id, cluster, range, piece)
    }
  }

  /// Makes a range of a disk zero; nothing goes into the archive yet, so that it can still be written.
  func zero(_ range: Range<UInt64>, of id: UInt8) throws {
    try change(id, range) { whole in
      forget(whole, of: id)
      disks[id]?.clusters.set(whole, to: .zeroed)
    } part: { cluster, part in
      guard disks[id]?.clusters[cluster] != .zeroed else { return }
      try gather(id, cluster, part, nil)
    }
  }

  /// Makes what nobody needs any more zero, where the archive does not have it yet.
  func trim(_ range: Range<UInt64>, of id: UInt8) throws {
    try change(id, range, leavesArchived: true) { whole in
      guard let clusters = disks[id]?.clusters else { return }
      var next = whole.lowerBound
      while next < whole.upperBound {
        let run = clusters.run(at: next, limit: whole.upperBound)
        if run.state != .archived {
          forget(next..<run.end, of: id)
          clusters.set(next..<run.end, to: .zeroed)
        }
        next = run.end
      }
    } part: { cluster, part in
      guard let state = disks[id]?.clusters[cluster], state != .zeroed, state != .archived else { return }
      try gather(id, cluster, part, nil)
    }
  }

  /// Notes that what was written is wanted on storage, and fails if it could not be written.
  func flush() throws {
    try lock.withLock { _ in
      if let firstFailure { throw firstFailure }
      wantsSync = true
    }
  }

  /// Reads back what is not in the archive yet; false where some of it is.
  func read(into buffer: UnsafeMutableRawBufferPointer, from id: UInt8, at offset: UInt64) throws -> Bool {
    try lock.withLock { _ in
      guard let disk = disks[id] else { return false }
      var done = 0
      while done < buffer.count {
        let position = offset + UInt64(done)
        let cluster = position / clusterSize
        let within = Int(position % clusterSize)
        let count = min(buffer.count - done, Layout.clusterSize - within)
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
        switch disk.clusters[cluster] {
        case .archived: return false
        case .untouched, .zeroed: piece.initializeMemory(as: UInt8.self, repeating: 0)
        case .gathering:
          let gathered = try gathering.cluster(.init(device: id, cluster: cluster))
          guard let gathered else { return false }
          piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: gathered.bytes[within..<within + count]))
        }
        done += count
      }
      return true
    }
  }

  /// The first runs of a disk: what has been written is data, the rest a hole where unwritten means zero.
  func extents(of range: Range<UInt64>, in id: UInt8, limit: Int) -> [NBDExtent] {
    lock.withLock { _ in
      guard let disk = disks[id] else { return [] }
      var extents: [NBDExtent] = []
      var position = range.lowerBound
      while position < range.upperBound {
        let run = disk.clusters.run(at: position / clusterSize, limit: Layout.clusters(in: range.upperBound))
        let end = min(range.upperBound, run.end * clusterSize)
        let kind: NBDExtent.Kind
        switch run.state {
        // Told as data, because a client that took it for zero would not write its zeros.
        case .untouched: kind = treatsUnwrittenAsZero ? .hole : .data
        case .zeroed: kind = .hole
        case .gathering, .archived: kind = .data
        }
        if extents.last?.kind == kind {
          extents[extents.count - 1].length += end - position
        } else {
          guard extents.count < limit else { break }
          extents.append(NBDExtent(length: end - position, kind: kind))
        }
        position = end
      }
      return extents
    }
  }

  /// Whether the archive could be finished as far as a disk is concerned.
  func isComplete(_ id: UInt8) -> Bool { lock.withLock { _ in disks[id].map(isComplete) ?? false } }

  private func isComplete(_ disk: Disk) -> Bool {
    treatsUnwrittenAsZero || disk.clusters.count(of: .untouched) == 0 && disk.open == 0
  }

  // MARK: - Memory

  /// Appends a piece of the memory stream: whole clusters, except at its end.
  func appendMemory(_ bytes: UnsafeRawBufferPointer, to id: UInt8) throws {
    try lock.withLock { _ in
      if let firstFailure { throw firstFailure }
      try keepingFailure {
        let count = Layout.clusters(in: UInt64(bytes.count))
        let start = memory
        try writer.appendClusters(device: id, clusters: start..<start + count) { buffer, offset in
          let from = Int(offset - start * clusterSize)
          let there = min(buffer.count, bytes.count - from)
          buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[from..<from + there]))
          UnsafeMutableRawBufferPointer(rebasing: buffer[there...])
            .initializeMemory(as: UInt8.self, repeating: 0)
        }
        memory += count
      }
    }
  }

  // MARK: - The end

  /// Writes what was held back, and ends the archive.
  ///
  /// - Parameter revise: gets the writer before its last extents, to put the final header into it.
  /// - Throws: ``ArchiveReceptionError`` `.incomplete`, or the output's error.
  /// - Returns: what was written.
  func finish(revise: (ArchiveWriter) throws -> Void) throws -> ArchiveSummary {
    try lock.withLock { _ in
      if let firstFailure { throw firstFailure }
      return try keepingFailure {
        for id in disks.keys.sorted() { try finish(id) }
        try revise(writer)
        return try writer.finish()
      }
    }
  }

  private func finish(_ id: UInt8) throws {
    guard let disk = disks[id] else { return }
    guard isComplete(disk) else { throw try incompleteness(of: disk) }
    for cluster in gathering.clusters(of: id) { try archive(cluster, of: id) }
    guard let clusters = disks[id]?.clusters else { return }
    var next: UInt64 = 0
    while next < clusters.count {
      let run = clusters.run(at: next, limit: clusters.count)
      if run.state != .archived { try writer.appendZeroClusters(device: id, clusters: next..<run.end) }
      next = run.end
    }
  }

  private func incompleteness(of disk: Disk) throws -> ArchiveReceptionError {
    var first = disk.size
    var next: UInt64 = 0
    while next < disk.clusters.count {
      let run = disk.clusters.run(at: next, limit: disk.clusters.count)
      if run.state == .untouched {
        first = min(first, next * clusterSize)
        break
      }
      next = run.end
    }
    for cluster in gathering.clusters(of: disk.device.id) where cluster * clusterSize < first {
      let gathered = try gathering.cluster(.init(device: disk.device.id, cluster: cluster))
      guard let gathered, !gathered.isZeroBacked, let missing = gathered.firstMissing else { continue }
      first = cluster * clusterSize + UInt64(missing)
      break
    }
    return .incomplete(
      drive: disk.device.name, first: first, clusters: disk.clusters.count(of: .untouched) + disk.open,
      of: disk.clusters.count)
  }

  // MARK: - Clusters

  private let clusterSize = UInt64(Layout.clusterSize)

  /// Splits a range into whole clusters and parts of some, after making sure that none of them is in the archive, unless
  /// those are to be left alone.
  private func change(
    _ id: UInt8, _ range: Range<UInt64>, leavesArchived: Bool = false, whole: (Range<UInt64>) throws -> Void,
    part: (UInt64, Range<Int>) throws -> Void
  ) throws {
    try lock.withLock { _ in
      if let firstFailure { throw firstFailure }
      guard let disk = disks[id], !range.isEmpty else { return }
      try keepingFailure {
        if !leavesArchived { try checkUnarchived(disk, range) }
        var next = range.lowerBound
        while next < range.upperBound {
          let cluster = next / clusterSize
          let wholeEnd =
            range.upperBound == disk.size && disk.size == disk.device.size
            ? disk.clusters.count : range.upperBound / clusterSize
          if next % clusterSize == 0, wholeEnd > cluster {
            try whole(cluster..<wholeEnd)
            next = min(range.upperBound, wholeEnd * clusterSize)
          } else {
            let end = min(range.upperBound, (cluster + 1) * clusterSize)
            let start = cluster * clusterSize
            try part(cluster, Int(next - start)..<Int(end - start))
            next = end
          }
        }
      }
    }
  }

  private func checkUnarchived(_ disk: Disk, _ range: Range<UInt64>) throws {
    let end = Layout.clusters(in: range.upperBound)
    var next = range.lowerBound / clusterSize
    while next < end {
      let run = disk.clusters.run(at: next, limit: end)
      guard run.state != .archived else {
        throw ArchiveReceptionError.rewritten(
          drive: disk.device.name, offset: max(range.lowerBound, next * clusterSize))
      }
      next = run.end
    }
  }

  /// Puts whole clusters into the archive, zero ones aside.
  private func writeWhole(_ id: UInt8, _ clusters: Range<UInt64>, _ bytes: UnsafeRawBufferPointer) throws {
    forget(clusters, of: id)
    var next = clusters.lowerBound
    var position = 0
    while next < clusters.upperBound {
      let first = next
      let start = position
      let isZero = isZeroCluster(bytes, at: position)
      repeat {
        next += 1
        position = min(bytes.count, position + Layout.clusterSize)
      } while next < clusters.upperBound && isZeroCluster(bytes, at: position) == isZero
      if !isZero {
        let run = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        try writer.appendClusters(device: id, first: first, bytes: run)
      }
      disks[id]?.clusters.set(first..<next, to: isZero ? .zeroed : .archived)
    }
  }

  private func isZeroCluster(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Bool {
    let cluster = UnsafeRawBufferPointer(
      rebasing: bytes[position..<min(bytes.count, position + Layout.clusterSize)])
    // The first bytes tell of most data; comparing the cluster with itself one byte on tells of the rest.
    guard let base = cluster.baseAddress, cluster[0] == 0 else { return false }
    return memcmp(base, base + 1, cluster.count - 1) == 0
  }

  /// Takes a part of a cluster; nil stands for zeros.
  private func gather(_ id: UInt8, _ cluster: UInt64, _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer?)
    throws
  {
    guard let disk = disks[id] else { return }
    let key = ClusterGathering.Key(device: id, cluster: cluster)
    let gathered: GatheredCluster
    if let begun = try gathering.cluster(key) {
      gathered = begun
    } else {
      let length = Int(min(clusterSize, disk.size - cluster * clusterSize))
      gathered = GatheredCluster(length: length, isZeroBacked: disk.clusters[cluster] == .zeroed)
      try gathering.insert(gathered, key)
      disks[id]?.clusters.set(cluster..<cluster + 1, to: .gathering)
      if !gathered.isZeroBacked { disks[id]?.open += 1 }
    }
    gathered.take(bytes, in: range)
    guard gathered.isComplete else { return }
    if isZeroCluster(gathered.bytes, at: 0) {
      forget(cluster..<cluster + 1, of: id)
      disks[id]?.clusters.set(cluster..<cluster + 1, to: .zeroed)
    } else {
      try archive(cluster, of: id)
    }
  }

  /// Puts a gathered cluster into the archive; what has not come of it is zero.
  private func archive(_ cluster: UInt64, of id: UInt8) throws {
    let key = ClusterGathering.Key(device: id, cluster: cluster)
    guard let gathered = try gathering.cluster(key) else { return }
    try writer.appendClusters(device: id, clusters: cluster..<cluster + 1) { buffer, _ in
      let there = min(buffer.count, gathered.length)
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: gathered.bytes[..<there]))
      UnsafeMutableRawBufferPointer(rebasing: buffer[there...])
        .initializeMemory(as: UInt8.self, repeating: 0)
    }
    forget(cluster..<cluster + 1, of: id)
    disks[id]?.clusters.set(cluster..<cluster + 1, to: .archived)
  }

  /// Drops what has been gathered of clusters.
  private func forget(_ clusters: Range<UInt64>, of id: UInt8) {
    guard let disk = disks[id], disk.clusters.count(of: .gathering) > 0 else { return }
    var next = clusters.lowerBound
    while next < clusters.upperBound {
      let run = disk.clusters.run(at: next, limit: clusters.upperBound)
      if run.state == .gathering {
        for cluster in next..<run.end {
          let wasZeroBacked = gathering.remove(.init(device: id, cluster: cluster))
          if wasZeroBacked == false { disks[id]?.open -= 1 }
        }
      }
      next = run.end
    }
  }

  private func keepingFailure<Result>(_ step: () throws -> Result) throws -> Result {
    do { return try step() } catch {
      if firstFailure == nil { firstFailure = error }
      throw error
    }
  }
}
