@testable import VMA

/// An archive whose bytes can be changed by hand, with the checksums made right again afterwards, so that
/// a test reaches the check behind the checksum.
struct CraftedArchive {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Size of the header as it stands in the bytes.
  var headerSize: Int { Int(number(at: 56, size: 4)) }

  func number(at offset: Int, size: Int) -> UInt64 {
    bytes[offset..<offset + size].reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func set(_ value: UInt64, at offset: Int, size: Int) {
    for index in 0..<size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (size - 1 - index)))
    }
  }

  /// Makes the header's checksum right, as far as the header's size makes sense.
  mutating func sealHeader() throws {
    let size = headerSize
    guard size >= 12288, size <= bytes.count else { return }
    try seal(0..<size, fieldOffset: 32)
  }

  /// Makes the checksum of the extent at `offset` right.
  mutating func sealExtent(at offset: Int) throws {
    try seal(offset..<offset + 512, fieldOffset: 24)
  }

  /// Where the extents begin, in the order of the archive.
  var extentOffsets: [Int] {
    var offsets: [Int] = []
    var next = headerSize
    while next + 512 <= bytes.count {
      offsets.append(next)
      next += 512 + 4096 * Int(number(at: next + 6, size: 2))
    }
    return offsets
  }

  /// Offset of a slot of the extent at `extent`.
  static func slot(_ index: Int, ofExtentAt extent: Int) -> Int { extent + 40 + 8 * index }

  private mutating func seal(_ range: Range<Int>, fieldOffset: Int) throws {
    let checksum = try HeaderChecksum()
    try bytes.withUnsafeMutableBytes {
      try checksum.seal($0.slice(range.lowerBound, range.count), fieldOffset: fieldOffset)
    }
  }
}
