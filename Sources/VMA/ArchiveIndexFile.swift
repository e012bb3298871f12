import CXXHash

/// An index as a file beside its archive, which is worthless once the archive has changed.
///
/// Big-endian: the magic number, the version, what the archive was like (UUID, MD5 of its header, length, time of last
/// change), counts, the devices, the extents, the runs, and the XXH3-128 of all that (docs/archives.md).
public enum ArchiveIndexFile {
  /// When a file was changed last, as the file system says.
  public struct Moment: Equatable, Sendable {
    public let seconds: Int64
    public let nanoseconds: UInt32

    /// So many seconds and nanoseconds after 1970 began.
    public init(seconds: Int64, nanoseconds: UInt32) {
      self.seconds = seconds
      self.nanoseconds = nanoseconds
    }
  }

  private static let magic: UInt64 = 0x5356_4D41_4944_5800  // "SVMAIDX\0"
  private static let version: UInt32 = 1
  private static let fixedSize = 80
  private static let deviceSize = 64
  private static let digestSize = 16
  /// The longest file that is read, in bytes: that of the largest index, and its extents.
  public static let maximumSize = 1 << 30

  /// Bytes that ``begins(with:)`` looks at.
  public static let recognisableLength = 8

  /// Whether a file that begins so is an index, of whatever version.
  public static func begins(with bytes: [UInt8]) -> Bool {
    var start: [UInt8] = []
    start.appendBigEndian(magic)
    return bytes.starts(with: start)
  }

  /// The bytes of an index.
  ///
  /// - Parameters:
  ///   - index: the index.
  ///   - modified: the archive's time of last change when it was read.
  /// - Returns: a whole file.
  public static func encoded(_ index: ArchiveIndex, modified: Moment) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(index.memorySize + 4096)
    bytes.appendBigEndian(magic)
    bytes.appendBigEndian(version)
    bytes.appendBigEndian(UInt32(index.devices.count))
    bytes.appendBigEndian(index.header.uuid.high)
    bytes.appendBigEndian(index.header.uuid.low)
    bytes.appendBigEndian(index.headerChecksum.high)
    bytes.appendBigEndian(index.headerChecksum.low)
    bytes.appendBigEndian(index.archiveSize)
    bytes.appendBigEndian(modified.seconds)
    bytes.appendBigEndian(modified.nanoseconds)
    bytes.appendBigEndian(UInt32(0))
    bytes.appendBigEndian(UInt64(index.extentOffsets.count))
    for device in index.devices {
      let digest = index.digests[device.device.id]
      bytes.append(device.device.id)
      bytes.append(digest == nil ? 0 : 1)
      bytes.append(contentsOf: repeatElement(0, count: 6))
      bytes.appendBigEndian(device.storedClusters)
      bytes.appendBigEndian(device.zeroClusters)
      bytes.appendBigEndian(device.storedBlocks)
      bytes.appendBigEndian(UInt64(device.runs.count))
      bytes.appendBigEndian(digest?.nonZeroBlocks ?? 0)
      bytes.appendBigEndian(digest?.value.high ?? 0)
      bytes.appendBigEndian(digest?.value.low ?? 0)
    }
    for offset in index.extentOffsets { bytes.appendBigEndian(offset) }
    for device in index.devices {
      for run in device.runs {
        bytes.appendBigEndian(run.first)
        bytes.appendBigEndian(run.last)
        bytes.appendBigEndian(run.place)
      }
    }
    return sealed(bytes)
  }

  /// The bytes with their digest behind them.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let hash = digest(of: bytes[...])
    bytes.appendBigEndian(hash.high)
    bytes.appendBigEndian(hash.low)
    return bytes
  }

  private static func digest(of bytes: ArraySlice<UInt8>) -> HeaderIdentity {
    let hash = bytes.withUnsafeBytes { snapsh_xxh3_128_with_seed($0.baseAddress, $0.count, 0) }
    return HeaderIdentity(high: hash.high64, low: hash.low64)
  }

  /// Reads an index, and makes sure that it is of this very archive as it is now.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - storage: the archive.
  ///   - modified: its time of last change.
  /// - Returns: the index.
  /// - Throws: ``VMAError``: `.indexUnusable` for one that is damaged or stale; what the archive's header causes.
  public static func index(
    _ bytes: [UInt8], of storage: some ArchiveStorage, modified: Moment
  ) throws(VMAError) -> ArchiveIndex {
    let (header, headerSize, identity) = try ArchiveIndex.header(of: storage)
    guard bytes.count >= fixedSize + digestSize else { throw unusable("it has only \(bytes.count) bytes") }
    var fields = IndexFields(bytes)
    guard fields.next(UInt64.self) == magic else { throw unusable("its magic number is wrong") }
    let version = fields.next(UInt32.self)
    guard version == Self.version else { throw unusable("it has version \(version)") }
    let end = bytes.count - digestSize
    let hash = digest(of: bytes[..<end])
    var trailer = IndexFields(bytes, from: end)
    guard trailer.next(UInt64.self) == hash.high, trailer.next(UInt64.self) == hash.low else {
      throw unusable("it does not match its own digest, so it is damaged")
    }
    let deviceCount = Int(fields.next(UInt32.self))
    let uuid = ArchiveUUID(high: fields.next(UInt64.self), low: fields.next(UInt64.self))
    let recorded = HeaderIdentity(high: fields.next(UInt64.self), low: fields.next(UInt64.self))
    guard uuid == header.uuid, recorded == identity else { throw unusable("it is of another archive") }
    let size = fields.next(UInt64.self)
    let moment = Moment(seconds: fields.next(Int64.self), nanoseconds: fields.next(UInt32.self))
    _ = fields.next(UInt32.self)
    guard size == storage.size, moment == modified else {
      throw unusable("the archive has changed since it was made")
    }
    let extentCount = fields.next(UInt64.self)
    guard deviceCount == header.devices.count, extentCount <= UInt64(end),
      end - fields.position >= deviceCount * deviceSize
    else { throw unusable("its counts are wrong") }
    let devices = header.devices.map { ($0, DeviceFields(&fields)) }
    let runs = devices.reduce(into: UInt64(0)) { $0 += min($1.1.runs, UInt64(end)) }
    guard UInt64(end - fields.position) == extentCount * 8 + runs * 16 else {
      throw unusable("its counts do not add up to its length")
    }
    let extents = try Self.extents(&fields, extentCount, from: headerSize, to: size)
    return ArchiveIndex(
      header: header, archiveSize: size,
      devices: try devices.map { (device, found) throws(VMAError) in
        try Self.device(device, found, &fields, extents: extents.count)
      },
      digests: Dictionary(
        devices.compactMap { device, found in found.digest.map { (device.id, $0) } },
        uniquingKeysWith: { first, _ in first }),
      headerChecksum: identity, extentOffsets: extents)
  }

  private struct DeviceFields {
    let id: UInt8
    let stored: UInt64
    let zero: UInt64
    let blocks: UInt64
    let runs: UInt64
    let digest: ContentDigest?

    init(_ fields: inout IndexFields) {
      let head = fields.next(UInt64.self)
      id = UInt8(truncatingIfNeeded: head >> 56)
      stored = fields.next(UInt64.self)
      zero = fields.next(UInt64.self)
      blocks = fields.next(UInt64.self)
      runs = fields.next(UInt64.self)
      let nonZero = fields.next(UInt64.self)
      let value = (high: fields.next(UInt64.self), low: fields.next(UInt64.self))
      digest = head >> 48 & 1 == 1 ? ContentDigest(value: value, nonZeroBlocks: nonZero) : nil
    }
  }

  private static func extents(
    _ fields: inout IndexFields, _ count: UInt64, from start: UInt64, to end: UInt64
  ) throws(VMAError) -> [UInt64] {
    var extents: [UInt64] = []
    extents.reserveCapacity(Int(clamping: count))
    var least = start
    for _ in 0..<count {
      let offset = fields.next(UInt64.self)
      guard offset >= least, offset < end else { throw unusable("its extents are in no order") }
      extents.append(offset)
      least = offset + UInt64(Layout.Extent.headerSize)
    }
    return extents
  }

  private static func device(
    _ device: ArchiveDevice, _ found: DeviceFields, _ fields: inout IndexFields, extents: Int
  ) throws(VMAError) -> ArchiveIndex.Device {
    var runs: [ClusterRun] = []
    runs.reserveCapacity(Int(clamping: found.runs))
    var clusters: UInt64 = 0
    var least: UInt64 = 0
    let limit = device.isVMState ? 1 << 32 : device.clusterCount
    for _ in 0..<found.runs {
      let run = ClusterRun(
        first: fields.next(UInt32.self), last: fields.next(UInt32.self), place: fields.next(UInt64.self))
      guard UInt64(run.first) >= least, run.last >= run.first, UInt64(run.last) < limit,
        run.isZero || run.place < UInt64(extents)
      else { throw unusable("its runs are in no order") }
      least = UInt64(run.last) + 1
      clusters += run.count
      runs.append(run)
    }
    guard found.id == device.id, found.stored <= clusters, found.zero == clusters - found.stored else {
      throw unusable("its runs and its counts disagree")
    }
    return ArchiveIndex.Device(
      device: device, storedClusters: found.stored, zeroClusters: found.zero, storedBlocks: found.blocks,
      runs: runs)
  }

  private static func unusable(_ problem: String) -> VMAError { VMAError(.indexUnusable(problem)) }
}

/// Reads big-endian numbers one after another; whoever reads has made sure that they are there.
private struct IndexFields {
  private let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value {
    defer { position += MemoryLayout<Value>.size }
    return bytes.withUnsafeBytes { $0.bigEndian(at: position, as: Value.self) }
  }
}
