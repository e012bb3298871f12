/// How deeply an archive is checked while it is read.
public enum CheckDepth: Equatable, Sendable {
  /// Headers, slots and completeness; data is not looked at, and not even read where the input can go past it.
  case structure
  /// All that, and every block's hash: compared with the digests where the archive carries them.
  case data
}

/// Reads an archive front to back, and checks all that can be checked on the way.
///
/// Memory stays below 16 MiB whatever the archive's size, apart from one bit for each cluster that is out of
/// order (at most 256 MiB for hostile archives). A thread of its own reads ahead; where only the check is wanted and the
/// input can be read in any order, a thread for each processor reads and hashes the data of other extents.
/// An extent's content is handed out only after the extent was checked; that the archive is complete is known
/// when ``read(checking:devices:visit:progress:)`` has returned, and not before.
public final class ArchiveReader {
  /// The header.
  public let header: ArchiveHeader
  /// The header's length in bytes, which is where the extents begin.
  public let headerSize: UInt64

  private let headerChecksum: (high: UInt64, low: UInt64)
  private let input: any ArchiveInput
  private let mapLimit: Int
  private var wasRead = false

  /// Reads the header, and nothing more.
  ///
  /// - Throws: ``VMAError`` with the byte offset of what is wrong, or the input's error.
  public convenience init(input: some ArchiveInput) throws {
    try self.init(input: input, mapLimit: ClusterSet.defaultLimit)
  }

  init(input: some ArchiveInput, mapLimit: Int) throws {
    self.input = input
    self.mapLimit = mapLimit
    var bytes = try ArchiveReader.read(Layout.Header.fixedSize, from: input, after: [])
    let size = try ArchiveHeader.declaredSize(fixedPart: bytes)
    bytes = try ArchiveReader.read(size, from: input, after: bytes)
    header = try ArchiveHeader(decoding: bytes)
    headerSize = UInt64(size)
    headerChecksum = bytes.withUnsafeBytes {
      (
        $0.bigEndian(at: Layout.Header.checksumOffset),
        $0.bigEndian(at: Layout.Header.checksumOffset + 8)
      )
    }
  }

  /// Reads all extents, to the archive's end; once.
  ///
  /// - Parameters:
  ///   - depth: how deeply to check.
  ///   - devices: ids of the devices whose data is wanted; nil for all. Of the others only the structure is checked,
  ///     and nothing is handed out.
  ///   - visit: called with each run of data or zeros, on the calling thread, in the order of the archive; nil
  ///     when only the check is wanted. What it throws ends the reading.
  ///   - progress: called every few MiB of archive; what it throws ends the reading.
  /// - Returns: what was found, and what that proves.
  /// - Throws: ``VMAError`` with the byte offset of what is wrong, or the error of the input or of a closure.
  public func read(
    checking depth: CheckDepth = .data, devices: Set<UInt8>? = nil,
    visit: ((ArchiveRun) throws -> Void)? = nil, progress: ((ArchiveProgress) throws -> Void)? = nil
  ) throws -> ArchiveReport {
    guard !wasRead else { throw VMAError(.readAlready) }
    wasRead = true
    let selection = DataSelection(depth, devices: devices, isVisited: visit != nil)
    guard let visit else { return try readExtents(depth, selection, progress, runs: nil) }
    // The assembler lives only as long as this call, so the visitor need not be able to escape.
    return try withoutActuallyEscaping(visit) {
      try readExtents(depth, selection, progress, runs: RunAssembler(visit: $0))
    }
  }

  private func readExtents(
    _ depth: CheckDepth, _ selection: DataSelection, _ progress: ((ArchiveProgress) throws -> Void)?,
    runs: RunAssembler?
  ) throws -> ArchiveReport {
    var runs = runs
    var extents = try ExtentReader(
      header: header, headerChecksum: headerChecksum, depth: depth, selection: selection, mapLimit: mapLimit)
    let end: UInt64
    if depth == .data, runs == nil, let storage = input.storage {
      end = try check(&extents, in: storage, selection, progress)
    } else {
      end = try stream(&extents, selection, progress, &runs)
    }
    try extents.finish(at: end)
    return ArchiveReport(
      bytesRead: end, extents: extents.extents, devices: extents.trackers.all.map { $0.summary },
      zeroBlocksBesideData: extents.trackers.all.reduce(0) { $0 + $1.zeroBlocksBesideData },
      proof: proof(depth, allHashed: extents.trackers.all.allSatisfy(\.isHashed)))
  }

  /// Takes the extents as they come; returns where they end.
  private func stream(
    _ extents: inout ExtentReader, _ selection: DataSelection,
    _ progress: ((ArchiveProgress) throws -> Void)?, _ runs: inout RunAssembler?
  ) throws -> UInt64 {
    let thread = try ReadAheadThread(input: input, from: headerSize, selection)
    defer { thread.end() }
    var end = headerSize
    while let batch = try thread.next() {
      for extent in batch.extents { try extents.take(extent, bytes: batch.bytes(of: extent), runs: &runs) }
      end = batch.end
      thread.giveBack(batch)
      try progress?(ArchiveProgress(archiveBytes: end, clusters: extents.trackers.clusters))
    }
    try runs?.end()
    return end
  }

  /// Goes from header to header while other threads check the data between them; returns where the extents end.
  private func check(
    _ extents: inout ExtentReader, in storage: any ArchiveStorage, _ selection: DataSelection,
    _ progress: ((ArchiveProgress) throws -> Void)?
  ) throws -> UInt64 {
    let checkers = try DataCheckers(storage, extents.trackers.hashed)
    var walk = HeaderWalk(storage, from: headerSize)
    do {
      while !checkers.hasFailed, let extent = try walk.next() {
        let header = walk.header(of: extent)
        if let expected = try extents.take(headerOf: extent, header), selection.wants(dataOf: header),
          ExtentHeader.blockCount(header) > 0
        {
          checkers.check(header, expected, at: extent.offset)
        }
        try progress?(ArchiveProgress(archiveBytes: walk.end, clusters: extents.trackers.clusters))
      }
    } catch {
      // The data of an extent before may be wrong, too, and that comes first.
      _ = try checkers.finish()
      throw error
    }
    for contents in try checkers.finish() { extents.add(contents) }
    return walk.end
  }

  private func proof(_ depth: CheckDepth, allHashed: Bool) -> ArchiveProof {
    switch header.integrity {
    case .none: .structure(.noDigests)
    case .unknown(let version): .structure(.unknownDigests(version: version))
    case .digests where depth == .structure: .structure(.notAskedFor)
    case .digests: allHashed ? .content : .selectedContent
    }
  }

  /// Reads until `bytes` has `count` bytes, or all that the input has.
  private static func read(
    _ count: Int, from input: some ArchiveInput, after bytes: [UInt8]
  ) throws -> [UInt8] {
    var have = bytes.count
    var result = bytes + Array(repeating: 0, count: count - bytes.count)
    do {
      try result.withUnsafeMutableBytes { space in
        while have < count {
          let more = try input.read(into: space.slice(have, count - have))
          guard more > 0 else { break }
          have += more
        }
      }
    } catch {
      throw VMAError.read(error, at: UInt64(have))
    }
    return Array(result.prefix(have))
  }
}
