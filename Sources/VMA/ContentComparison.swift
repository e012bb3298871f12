import Glibc

/// What differs between a device of one archive and a device of another.
public struct ContentComparison {
  private let first: (content: ArchiveContent, position: Int)
  private let second: (content: ArchiveContent, position: Int)
  private let trustsDigests: Bool
  /// Whether both have the same number, without which equal extents say nothing of the two.
  private let haveSameID: Bool

  /// Bytes compared at one time.
  private static let step: UInt64 = 1 << 20

  /// - Parameters:
  ///   - first: an archive, and the device's place in its index.
  ///   - second: the other.
  ///   - trustsDigests: whether data is left unread where both archives carry digests that say it is the same.
  public init(
    _ first: (content: ArchiveContent, position: Int), _ second: (content: ArchiveContent, position: Int),
    trustsDigests: Bool
  ) {
    self.first = first
    self.second = second
    self.trustsDigests = trustsDigests
    haveSameID =
      first.content.index.devices[first.position].device.id
      == second.content.index.devices[second.position].device.id
  }

  /// Whether the digests of both devices say that they are the same; nothing is read.
  public var isKnownEqual: Bool {
    let left = first.content.index.devices[first.position].device
    let right = second.content.index.devices[second.position].device
    guard trustsDigests, left.size == right.size, let digest = first.content.index.digests[left.id] else {
      return false
    }
    return digest == second.content.index.digests[right.id]
  }

  /// Finds the runs of blocks (4096 bytes) that are not the same.
  ///
  /// - Parameters:
  ///   - length: bytes to compare, which both have.
  ///   - progress: told of the bytes that are done; what it throws ends the work.
  ///   - visit: gets each run, in ascending order, as long as can be.
  /// - Throws: ``VMAError`` for what cannot be read; what `progress` and `visit` throw.
  public func run(
    length: UInt64, progress: (UInt64) throws -> Void, visit: (Range<UInt64>) throws -> Void
  ) throws {
    let buffers = CompareBuffers(size: Int(Self.step))
    defer { buffers.deallocate() }
    var pending: Range<UInt64>?
    var offset: UInt64 = 0
    while offset < length {
      let (end, isSame) = try stretch(from: offset, to: length)
      var next = offset
      while !isSame, next < end {
        let piece = Int(min(Self.step, end - next))
        try first.content.read(into: buffers.left(piece), at: next, ofDevice: first.position)
        try second.content.read(into: buffers.right(piece), at: next, ofDevice: second.position)
        for run in buffers.differences(in: piece) {
          let found = next + UInt64(run.lowerBound)..<next + UInt64(run.upperBound)
          if let before = pending, before.upperBound == found.lowerBound {
            pending = before.lowerBound..<found.upperBound
          } else {
            if let before = pending { try visit(before) }
            pending = found
          }
        }
        next += UInt64(piece)
        try progress(next)
      }
      offset = end
      try progress(offset)
    }
    if let pending { try visit(pending) }
  }

  /// How far the run at `offset` goes in both, and whether it is known to be the same.
  private func stretch(from offset: UInt64, to length: UInt64) throws -> (end: UInt64, isSame: Bool) {
    let left = try first.content.place(of: offset, ofDevice: first.position)
    let right = try second.content.place(of: offset, ofDevice: second.position)
    let end = min(length, left.end, right.end)
    guard let one = left.map, let other = right.map else { return (end, left.map == nil && right.map == nil) }
    // The number of an extent is part of its digest, and its slots say which blocks it is of.
    let isSame =
      trustsDigests && haveSameID && one.number == other.number && one.digest != nil
      && one.digest == other.digest
      && one.describesSame(as: other)
    return (end, isSame)
  }
}

/// Two buffers side by side.
private struct CompareBuffers {
  private let memory: UnsafeMutableRawBufferPointer
  private let size: Int

  init(size: Int) {
    self.size = size
    memory = .allocate(byteCount: 2 * size, alignment: Layout.blockSize)
  }

  func deallocate() { memory.deallocate() }

  func left(_ count: Int) -> UnsafeMutableRawBufferPointer { memory.slice(0, count) }

  func right(_ count: Int) -> UnsafeMutableRawBufferPointer { memory.slice(size, count) }

  /// The runs of blocks that differ in the first `count` bytes.
  func differences(in count: Int) -> [Range<Int>] {
    guard let left = memory.baseAddress, memcmp(left, left + size, count) != 0 else { return [] }
    let right = left + size
    var runs: [Range<Int>] = []
    for start in stride(from: 0, to: count, by: Layout.blockSize) {
      let length = min(Layout.blockSize, count - start)
      guard memcmp(left + start, right + start, length) != 0 else { continue }
      if let last = runs.last, last.upperBound == start {
        runs[runs.count - 1] = last.lowerBound..<start + length
      } else {
        runs.append(start..<start + length)
      }
    }
    return runs
  }
}

extension ExtentMap {
  /// Whether both store the same blocks of the same devices in the same order.
  fileprivate func describesSame(as other: ExtentMap) -> Bool {
    entries.count == other.entries.count
      && zip(entries, other.entries).allSatisfy {
        $0.device == $1.device && $0.mask == $1.mask && $0.cluster == $1.cluster
      }
  }
}
