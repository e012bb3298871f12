import CXXHash

/// The 16 bytes that an archive's header and all its extents share.
public struct ArchiveUUID: Equatable, Hashable, Sendable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  /// A fresh random one (RFC 9562 version 4), from the system's generator.
  public static func random() -> ArchiveUUID {
    var generator = SystemRandomNumberGenerator()
    let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return ArchiveUUID(high: high, low: low)
  }

  /// The one that follows from all else in a header (RFC 9562 version 8): XXH3-128 of the header without any UUID.
  ///
  /// - Throws: ``VMAError`` for a header that readers refuse.
  public static func derived(from header: ArchiveHeader) throws(VMAError) -> ArchiveUUID {
    var nameless = header
    nameless.uuid = ArchiveUUID(high: 0, low: 0)
    let hash = try nameless.encoded().withUnsafeBytes {
      snapsh_xxh3_128_with_seed($0.baseAddress, $0.count, 0)
    }
    return ArchiveUUID(
      high: hash.high64 & 0xFFFF_FFFF_FFFF_0FFF | 0x8000,
      low: hash.low64 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
  }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the text form, 32 hex digits with or without hyphens; nil when it is anything else.
  public init?(_ text: some StringProtocol) {
    let digits = String(text.filter { $0 != "-" })
    guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit),
      let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// The usual text form, 8-4-4-4-12 lower-case hex digits.
  public var description: String {
    let digits = Array(high.hexadecimal + low.hexadecimal)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }
}

extension UInt64 {
  /// All 16 hex digits, lower case.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension UnsafeRawBufferPointer {
  func uuid(at offset: Int) -> ArchiveUUID {
    ArchiveUUID(high: bigEndian(at: offset), low: bigEndian(at: offset + 8))
  }
}

extension UnsafeMutableRawBufferPointer {
  func store(_ uuid: ArchiveUUID, at offset: Int) {
    storeBigEndian(uuid.high, at: offset)
    storeBigEndian(uuid.low, at: offset + 8)
  }
}
