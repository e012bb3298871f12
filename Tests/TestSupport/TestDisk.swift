import Foundation

/// What is in a disk, given as a seed: the same seed gives the same bytes, none of them a zero block.
public struct TestDisk {
  /// The bytes of the disk.
  public var bytes: [UInt8]

  /// `size` zero bytes.
  public init(size: Int) { bytes = [UInt8](repeating: 0, count: size) }

  /// Fills `range` with bytes that look random.
  public mutating func fill(_ range: Range<Int>, seed: UInt64 = 1) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in range {
      // xorshift64
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
    }
  }

  /// A disk of data from end to end.
  public static func random(size: Int, seed: UInt64 = 1) -> TestDisk {
    var disk = TestDisk(size: size)
    disk.fill(0..<size, seed: seed)
    return disk
  }

  /// Writes the disk to a raw file, runs of zeros (whole 4 KiB blocks) as holes.
  public func write(to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw TestSupportError("cannot write \(path)") }
    try file.truncate(atOffset: UInt64(bytes.count))
    let zeros = [UInt8](repeating: 0, count: 4096)
    for start in stride(from: 0, to: bytes.count, by: 4096) {
      let block = bytes[start..<min(start + 4096, bytes.count)]
      // memcmp, because a loop over bytes takes seconds in a debug build.
      let isZero = block.withUnsafeBytes {
        $0.baseAddress.map { memcmp($0, zeros, block.count) == 0 } ?? true
      }
      guard !isZero else { continue }
      try file.seek(toOffset: UInt64(start))
      try file.write(contentsOf: block)
    }
    try file.close()
  }

  /// The bytes of a file.
  public static func contents(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
