import VMA

/// What differs between the devices of two archives.
public struct ArchiveComparison {
  /// A stretch that differs.
  public struct Run: Equatable, Sendable {
    /// Bytes from the device's start.
    public let offset: UInt64
    /// Bytes.
    public let length: UInt64

    /// So many bytes from there on.
    public init(offset: UInt64, length: UInt64) {
      self.offset = offset
      self.length = length
    }
  }

  /// What was found of one device.
  public struct Device: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Bytes that it has in the first archive; nil where it is not there.
    public let firstSize: UInt64?
    /// Bytes that it has in the second one.
    public let secondSize: UInt64?
    /// Bytes of blocks that differ, what only one of both has included.
    public let differingBytes: UInt64
    /// The stretches, the first ``ArchiveComparison/maximumRuns`` of them.
    public let runs: [Run]
    /// Stretches in all.
    public let runCount: Int
    /// Whether the archives' digests have decided, without a look at the data.
    public let isByDigest: Bool

    /// Whether the device is the same in both.
    public var isEqual: Bool { firstSize == secondSize && differingBytes == 0 }
  }

  /// Stretches of a device that are told one by one.
  public static let maximumRuns = 100_000

  private let first: IndexedArchive
  private let second: IndexedArchive
  private let devices: [String]
  private let trustsDigests: Bool

  /// Prepares the comparison; nothing is read.
  ///
  /// - Parameters:
  ///   - first: an archive.
  ///   - second: another.
  ///   - devices: names of the devices to compare; nil for all that either has.
  ///   - trustsDigests: whether data is left unread where both archives carry digests that say it is the same.
  /// - Throws: ``ArchiveOperationError`` for a device that neither has.
  public init(
    _ first: IndexedArchive, _ second: IndexedArchive, devices: [String]?, trustsDigests: Bool
  ) throws(ArchiveOperationError) {
    self.first = first
    self.second = second
    self.trustsDigests = trustsDigests
    var known = first.index.devices.map(\.device.name)
    known += second.index.devices.map(\.device.name).filter { !known.contains($0) }
    let unknown = (devices ?? []).filter { !known.contains($0) }
    guard unknown.isEmpty else { throw .unknownDevices(unknown, known: known) }
    self.devices = devices ?? known
  }

  /// Compares.
  ///
  /// - Parameters:
  ///   - cancellation: asked every MiB.
  ///   - progress: told as often.
  /// - Throws: ``ArchiveOperationError`` for what cannot be read, ``CancelledError``.
  /// - Returns: what was found, device by device.
  public func run(cancellation: Cancellation, progress: (any ProgressReceiver)?) throws -> [Device] {
    let total = devices.reduce(0) { $0 + (shared($1)?.length ?? 0) }
    var done: UInt64 = 0
    return try devices.map { name in
      let found = try compare(name) { passed in
        try cancellation.check()
        progress?.report(OperationProgress(completed: done + passed, total: total, zeros: 0))
      }
      done += shared(name)?.length ?? 0
      return found
    }
  }

  /// Where a device stands in both indexes, and the bytes that both have; nil where one lacks it.
  private func shared(_ name: String) -> (first: Int, second: Int, length: UInt64)? {
    guard let left = first.index.position(of: name), let right = second.index.position(of: name) else {
      return nil
    }
    return (left, right, min(first.length(ofDevice: left), second.length(ofDevice: right)))
  }

  private func compare(_ name: String, progress: (UInt64) throws -> Void) throws -> Device {
    let firstSize = first.index.position(of: name).map(first.length)
    let secondSize = second.index.position(of: name).map(second.length)
    var runs: [Run] = []
    var count = 0
    var bytes: UInt64 = 0
    func note(_ range: Range<UInt64>) {
      count += 1
      bytes += range.upperBound - range.lowerBound
      guard runs.count < Self.maximumRuns else { return }
      runs.append(Run(offset: range.lowerBound, length: range.upperBound - range.lowerBound))
    }
    var isByDigest = false
    if let shared = shared(name) {
      let comparison = ContentComparison(
        (first.content, shared.first), (second.content, shared.second), trustsDigests: trustsDigests)
      isByDigest = comparison.isKnownEqual && firstSize == secondSize
      if !isByDigest {
        try ArchiveOperationError.naming("\(first.path)' or '\(second.path)") {
          try comparison.run(length: shared.length, progress: progress, visit: note)
        }
      }
    }
    let both = min(firstSize ?? 0, secondSize ?? 0)
    let longer = max(firstSize ?? 0, secondSize ?? 0)
    if both < longer { note(both..<longer) }
    return Device(
      name: name, firstSize: firstSize, secondSize: secondSize, differingBytes: bytes, runs: runs,
      runCount: count, isByDigest: isByDigest)
  }
}
