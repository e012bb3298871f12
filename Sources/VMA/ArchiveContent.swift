/// The devices of an archive, readable in any order and by several threads at one time.
///
/// Where the archive carries digests, an extent's data is handed out only once the whole extent was found to be as it was
/// written; what is read of it again is compared with the hashes of its blocks. Memory stays below 64 MiB
/// beside the index and what callers hold.
public final class ArchiveContent: Sendable {
  /// Where everything lies.
  public let index: ArchiveIndex

  private let storage: any ArchiveStorage
  private let cache: ExtentCache
  private static let keptExtents = 8

  /// A stretch of a device.
  public struct Piece {
    /// What stands there.
    public enum Content {
      /// Bytes, valid as long as the owner (or, without one, the caller's own buffer) lives.
      case data(UnsafeRawBufferPointer, owner: AnyObject?)
      /// Zeros, of which the archive stores nothing.
      case zeros
    }

    /// What stands there.
    public let content: Content
    /// Bytes.
    public let length: Int
  }

  /// A run of a device that is either stored or zero.
  public struct Run: Equatable, Sendable {
    /// Bytes.
    public var length: UInt64
    /// Whether data is stored for it.
    public let isStored: Bool
  }

  /// - Parameters:
  ///   - index: the index of this very archive.
  ///   - storage: the archive.
  public init(_ index: ArchiveIndex, in storage: some ArchiveStorage) {
    self.index = index
    self.storage = storage
    cache = ExtentCache(storage, index, capacity: Self.keptExtents)
  }

  /// Reads a stretch of a device.
  ///
  /// - Parameters:
  ///   - range: bytes inside the device's length.
  ///   - position: the device's place in the index.
  ///   - room: at least as many bytes; takes what is not in memory already.
  /// - Returns: pieces from the range's beginning to its end, neighbours of one kind joined where they can be.
  /// - Throws: ``VMAError`` with the place in the archive; nothing of what is wrong is handed out.
  public func pieces(
    of range: Range<UInt64>, ofDevice position: Int, room: UnsafeMutableRawBufferPointer
  ) throws(VMAError) -> [Piece] {
    var pieces: [Piece] = []
    try walk(range, position) { (stretch) throws(VMAError) in
      guard let map = stretch.map else {
        pieces.append(Piece(content: .zeros, length: Int(clamping: stretch.length)))
        return true
      }
      let target = room.slice(Int(stretch.offset - range.lowerBound), Int(clamping: stretch.length))
      let content = try read(stretch, of: map, into: target)
      if case .data(let bytes, nil) = content, let last = pieces.last,
        case .data(let before, nil) = last.content
      {
        // Both are in the caller's buffer, one behind the other.
        let joined = UnsafeRawBufferPointer(start: before.baseAddress, count: before.count + bytes.count)
        pieces[pieces.count - 1] = Piece(content: .data(joined, owner: nil), length: joined.count)
      } else {
        pieces.append(Piece(content: content, length: target.count))
      }
      return true
    }
    return pieces
  }

  /// Reads a stretch of a device into memory.
  ///
  /// - Throws: ``VMAError`` with the place in the archive.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, ofDevice position: Int
  ) throws(VMAError) {
    var done = 0
    for piece in try pieces(of: offset..<offset + UInt64(buffer.count), ofDevice: position, room: buffer) {
      let target = buffer.slice(done, piece.length)
      switch piece.content {
      case .zeros: target.initializeMemory(as: UInt8.self, repeating: 0)
      case .data(let bytes, let owner):
        withExtendedLifetime(owner) {
          if bytes.baseAddress != UnsafeRawPointer(target.baseAddress) { target.copyMemory(from: bytes) }
        }
      }
      done += piece.length
    }
  }

  /// What is stored and what is zero in the beginning of a range; reads no data.
  ///
  /// - Parameters:
  ///   - range: bytes inside the device's length.
  ///   - position: the device's place in the index.
  ///   - limit: runs that are wanted at most.
  /// - Returns: runs from the range's beginning on, without gaps; at least one.
  /// - Throws: ``VMAError`` with the place in the archive.
  public func runs(
    of range: Range<UInt64>, ofDevice position: Int, limit: Int
  ) throws(VMAError) -> [Run] {
    var runs: [Run] = []
    try walk(range, position) { (stretch) throws(VMAError) in
      let isStored = stretch.map != nil
      if let last = runs.indices.last, runs[last].isStored == isStored {
        runs[last].length += stretch.length
      } else {
        guard runs.count < limit else { return false }
        runs.append(Run(length: stretch.length, isStored: isStored))
      }
      return true
    }
    return runs
  }

  /// Reads blocks of one extent, checked wherever they can be.
  private func read(
    _ stretch: Stretch, of map: ExtentMap, into target: UnsafeMutableRawBufferPointer
  ) throws(VMAError) -> Piece.Content {
    let skipped = Int(stretch.offset % UInt64(Layout.blockSize))
    guard let digest = map.digest else {
      try fill(target, at: map.place(ofBlock: stretch.block) + UInt64(skipped))
      return .data(UnsafeRawBufferPointer(target), owner: nil)
    }
    var extent = cache.kept(map.number)
    // Only what is asked for is read of an extent that has left the memory.
    if extent == nil, let checks = cache.blockChecks(of: map.number) {
      try readAgain(stretch, of: map, checks, skipping: skipped, into: target)
      return .data(UnsafeRawBufferPointer(target), owner: nil)
    }
    if extent == nil { extent = try cache.checked(map, digest: digest) }
    guard let extent else { throw VMAError(.digestMismatch(extent: map.number), at: map.offset) }
    let blocks = extent.blocks(stretch.block, stretch.blockCount)
    return .data(blocks.slice(skipped, target.count), owner: extent)
  }

  /// Reads blocks of an extent that was found whole before, and compares each with what it was then.
  private func readAgain(
    _ stretch: Stretch, of map: ExtentMap, _ checks: [UInt32], skipping skipped: Int,
    into target: UnsafeMutableRawBufferPointer
  ) throws(VMAError) {
    let size = stretch.blockCount * Layout.blockSize
    // Whole blocks are what can be checked.
    let spare =
      size == target.count ? nil : UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { spare?.deallocate() }
    let room = spare ?? target
    try fill(room, at: map.place(ofBlock: stretch.block))
    let first = stretch.offset / UInt64(Layout.blockSize)
    for block in 0..<stretch.blockCount {
      let place = stretch.block + block
      let index = first + UInt64(block)
      guard let start = room.baseAddress.map({ UnsafeRawPointer($0) + block * Layout.blockSize }),
        checks.indices.contains(place),
        UInt32(truncatingIfNeeded: Block.hash(start, index: index).low) == checks[place]
      else {
        throw VMAError(
          .blockDigestMismatch(device: stretch.device, block: index), at: map.place(ofBlock: place))
      }
    }
    if let spare { target.copyMemory(from: UnsafeRawBufferPointer(spare).slice(skipped, target.count)) }
  }

  /// The header of an extent, checked.
  func map(of extent: UInt64) throws(VMAError) -> ExtentMap { try cache.map(of: extent) }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(VMAError) {
    let count = try storage.read(into: buffer, at: offset)
    guard count == buffer.count else {
      throw VMAError(.extentTruncated(have: count, need: buffer.count), at: offset + UInt64(count))
    }
  }

  // MARK: - Finding

  /// A part of a device that is zero, or whose blocks stand one behind the other in an extent.
  private struct Stretch {
    let device: String
    let offset: UInt64
    var length: UInt64
    /// The extent; nil for zeros.
    let map: ExtentMap?
    /// The extent's block that holds the first byte.
    let block: Int

    /// Blocks of the extent that it touches.
    var blockCount: Int {
      Int((offset % UInt64(Layout.blockSize) + length - 1) / UInt64(Layout.blockSize)) + 1
    }

    /// Whether `next` goes on where this ends, in the device and in the archive.
    func isContinued(by next: Stretch) -> Bool {
      guard let map else { return next.map == nil }
      return next.map?.number == map.number && next.block == block + blockCount
    }
  }

  /// Goes through a range, and hands on stretches as long as can be; `visit` says whether to go on.
  private func walk(
    _ range: Range<UInt64>, _ position: Int, visit: (Stretch) throws(VMAError) -> Bool
  ) throws(VMAError) {
    guard index.devices.indices.contains(position) else {
      throw VMAError(.indexUnusable("there is no device \(position)"))
    }
    let device = index.devices[position]
    let clusterSize = UInt64(Layout.clusterSize)
    var pending: Stretch?
    var offset = range.lowerBound
    var place = device.runIndex(atOrAfter: offset / clusterSize)
    while offset < range.upperBound {
      let cluster = offset / clusterSize
      guard device.runs.indices.contains(place), UInt64(device.runs[place].first) <= cluster else {
        throw VMAError(.clusterAbsent(device: device.device.name, cluster: cluster))
      }
      let run = device.runs[place]
      place += 1
      let end = min(range.upperBound, (UInt64(run.last) + 1) * clusterSize)
      let map = run.isZero ? nil : try cache.map(of: run.place)
      var guess = 0
      while offset < end {
        let stretches = try stretches(in: offset..<end, device.device, map, &guess)
        for stretch in stretches {
          if pending?.isContinued(by: stretch) == true {
            pending?.length += stretch.length
          } else {
            if let before = pending, try !visit(before) { return }
            pending = stretch
          }
        }
        offset += stretches.reduce(0) { $0 + $1.length }
      }
    }
    if let pending { _ = try visit(pending) }
  }

  /// The stretches of the first cluster of a range, or all of it where it is zero.
  private func stretches(
    in range: Range<UInt64>, _ device: ArchiveDevice, _ map: ExtentMap?, _ guess: inout Int
  ) throws(VMAError) -> [Stretch] {
    guard let map else {
      return [
        Stretch(
          device: device.name, offset: range.lowerBound, length: range.upperBound - range.lowerBound,
          map: nil,
          block: 0)
      ]
    }
    let cluster = range.lowerBound / UInt64(Layout.clusterSize)
    guard let number = UInt32(exactly: cluster),
      let found = map.index(of: number, device: device.id, guess: guess)
    else { throw VMAError(.clusterNotWhereIndexed(device: device.name, cluster: cluster), at: map.offset) }
    guess = found + 1
    let entry = map.entries[found]
    let start = cluster * UInt64(Layout.clusterSize)
    let end = min(range.upperBound, start + UInt64(Layout.clusterSize))
    var stretches: [Stretch] = []
    var offset = range.lowerBound
    while offset < end {
      let bit = Int((offset - start) / UInt64(Layout.blockSize))
      let rest = entry.mask >> UInt16(bit)
      let isStored = rest & 1 == 1
      let blocks = min(
        isStored ? (~rest).trailingZeroBitCount : rest.trailingZeroBitCount, Layout.blocksPerCluster - bit)
      let next = min(end, start + UInt64((bit + blocks) * Layout.blockSize))
      let before = (entry.mask & ((1 << UInt16(bit)) - 1)).nonzeroBitCount
      stretches.append(
        Stretch(
          device: device.name, offset: offset, length: next - offset, map: isStored ? map : nil,
          block: Int(entry.firstBlock) + before))
      offset = next
    }
    return stretches
  }
}
