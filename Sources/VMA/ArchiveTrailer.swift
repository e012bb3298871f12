/// What an archive with digests ends with: how many extents there are, and what each device holds.
///
/// The record is spread over the spare bytes of as many empty extents as it takes (docs/vma-integrity.md).
struct ArchiveTrailer: Equatable {
  /// One device's line.
  struct Device: Equatable {
    let id: UInt8
    /// Clusters that the extents describe.
    let clusters: UInt64
    let digest: ContentDigest
  }

  /// Extents before the trailer.
  let extents: UInt64
  /// The MD5 of the header that the extents belong to.
  let headerChecksum: (high: UInt64, low: UInt64)
  /// In ascending order of the ids.
  let devices: [Device]

  static let magic: UInt32 = 0x564D_4154  // "VMAT"

  static func == (left: ArchiveTrailer, right: ArchiveTrailer) -> Bool {
    left.extents == right.extents && left.headerChecksum == right.headerChecksum
      && left.devices == right.devices
  }

  /// The record as bytes: 32, and 40 for each device.
  func encoded() -> [UInt8] {
    var record: [UInt8] = []
    record.appendBigEndian(Self.magic)
    record.append(Layout.Integrity.version)
    record.append(0)
    record.appendBigEndian(UInt16(devices.count))
    record.appendBigEndian(extents)
    record.appendBigEndian(headerChecksum.high)
    record.appendBigEndian(headerChecksum.low)
    for device in devices {
      record.append(device.id)
      record.append(contentsOf: repeatElement(0, count: 7))
      record.appendBigEndian(device.clusters)
      record.appendBigEndian(device.digest.nonZeroBlocks)
      record.appendBigEndian(device.digest.value.high)
      record.appendBigEndian(device.digest.value.low)
    }
    return record
  }

  init(extents: UInt64, headerChecksum: (high: UInt64, low: UInt64), devices: [Device]) {
    self.extents = extents
    self.headerChecksum = headerChecksum
    self.devices = devices
  }

  /// Reads a record, whose bytes come from an archive and may be anything.
  init(decoding record: [UInt8]) throws(VMAError) {
    guard record.count >= Layout.Integrity.recordFixedSize else {
      throw VMAError(.trailerMalformed("it has only \(record.count) bytes"))
    }
    let fields = record.withUnsafeBytes { bytes in
      (
        magic: bytes.bigEndian(at: 0, as: UInt32.self), version: bytes[4],
        count: Int(bytes.bigEndian(at: 6, as: UInt16.self)), extents: bytes.bigEndian(at: 8, as: UInt64.self),
        high: bytes.bigEndian(at: 16, as: UInt64.self), low: bytes.bigEndian(at: 24, as: UInt64.self)
      )
    }
    guard fields.magic == Self.magic else { throw VMAError(.trailerMalformed("its magic number is wrong")) }
    guard fields.version == Layout.Integrity.version else {
      throw VMAError(.trailerMalformed("it has version \(fields.version)"))
    }
    let size = Layout.Integrity.recordFixedSize + fields.count * Layout.Integrity.recordDeviceSize
    guard record.count == size else {
      throw VMAError(
        .trailerMalformed("it has \(record.count) bytes where \(fields.count) devices take \(size)"))
    }
    extents = fields.extents
    headerChecksum = (fields.high, fields.low)
    devices = record.withUnsafeBytes { bytes in
      stride(from: Layout.Integrity.recordFixedSize, to: size, by: Layout.Integrity.recordDeviceSize).map {
        at in
        Device(
          id: bytes[at], clusters: bytes.bigEndian(at: at + 8),
          digest: ContentDigest(
            value: (bytes.bigEndian(at: at + 24), bytes.bigEndian(at: at + 32)),
            nonZeroBlocks: bytes.bigEndian(at: at + 16)))
      }
    }
  }
}
