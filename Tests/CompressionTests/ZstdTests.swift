import Compression
import Foundation
import TestSupport
import Testing

/// Bytes that are handed out in pieces of at most `piece`, as a pipe does.
final class Pieces {
  private var rest: ArraySlice<UInt8>
  private let piece: Int

  init(_ bytes: [UInt8], piece: Int = .max) {
    rest = bytes[...]
    self.piece = piece
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(rest.count, buffer.count, piece)
    buffer.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }
}

@Suite("zstd frames, written and read piece by piece")
struct ZstdTests {
  /// 600 KB, a third of it noise.
  private let content: [UInt8] = {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<600_000).map { index in
      guard index % 3 == 0 else { return UInt8(truncatingIfNeeded: index / 1000) }
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
  }()

  private func compress(_ bytes: [UInt8], piece: Int = 100_000, _ setting: CompressionSetting = .init())
    throws -> [UInt8]
  {
    let compressor = try ZstdCompressor(setting)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      try bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { part in
        try compressor.compress(part) { result += Array($0) }
      }
    }
    try compressor.finish { result += Array($0) }
    #expect(compressor.bytesWritten == UInt64(result.count))
    return result
  }

  private func decompress(_ bytes: [UInt8], piece: Int = .max, space: Int = 70_000) throws -> [UInt8] {
    let decompressor = try ZstdDecompressor()
    let pieces = Pieces(bytes, piece: piece)
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: space)
    while true {
      let count = try buffer.withUnsafeMutableBytes {
        try decompressor.decompress(into: $0, read: pieces.read)
      }
      if count == 0 { return result }
      result += buffer[..<count]
    }
  }

  /// What zstd itself makes of bytes.
  private func zstd(_ arguments: [String], _ bytes: [UInt8]) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let input = try directory.write(bytes, to: "input")
    try run([try require(tool: "zstd"), "-q", "-f"] + arguments + [input, "-o", directory.file("output")])
      .check()
    return Array(try Data(contentsOf: URL(fileURLWithPath: directory.file("output"))))
  }

  @Test("come back whatever the sizes of the pieces", arguments: [1, 7, 4096, .max], [1, 1000, 1 << 20])
  func roundTrip(piece: Int, space: Int) throws {
    let part = space == 1 || piece == 1 ? Array(content.prefix(20_000)) : content
    let compressed = try compress(part)
    #expect(compressed.count < part.count)
    #expect(try decompress(compressed, piece: piece, space: space) == part)
  }

  @Test("an empty content is a frame too")
  func empty() throws {
    let compressed = try compress([])
    #expect(!compressed.isEmpty)
    #expect(try decompress(compressed) == [])
  }

  @Test("are read by zstd, which finds their checksum; and the other way round")
  func foreign() throws {
    let compressed = try compress(content)
    #expect(try zstd(["-d"], compressed) == content)
    // Bit 2 of the frame header's descriptor (RFC 8878, 3.1.1.1.1).
    #expect(compressed[4] & 4 == 4)
    #expect(try decompress(zstd(["-19"], content)) == content)
  }

  @Test("the same bytes come out whatever the number of threads")
  func threads() throws {
    let large = (0..<12).flatMap { _ in content }
    let alone = try compress(large, CompressionSetting(level: 1, threads: 1))
    #expect(try compress(large, CompressionSetting(level: 1, threads: 3)) == alone)
  }

  @Test("what came first can be read before the rest is there")
  func firstBytes() throws {
    let compressor = try ZstdCompressor(CompressionSetting())
    var result: [UInt8] = []
    try content.prefix(12_288).withUnsafeBytes { part in
      try compressor.compress(part) { result += Array($0) }
    }
    let decompressor = try ZstdDecompressor()
    let pieces = Pieces(result)
    var buffer = [UInt8](repeating: 0, count: 12_288)
    var have = 0
    while have < buffer.count {
      let count = try buffer.withUnsafeMutableBytes {
        try decompressor.decompress(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[have...]), read: pieces.read)
      }
      try #require(count > 0)
      have += count
    }
    #expect(buffer == Array(content.prefix(12_288)))
  }

  @Test("several frames, skippable ones between them, are one content")
  func frames() throws {
    let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let both = try skippable + compress(Array("one".utf8)) + skippable + compress(Array("two".utf8))
    #expect(CompressionFormat(startingWith: both) == .zstd)
    #expect(try decompress(both) == Array("onetwo".utf8))
  }

  @Test("cut off anywhere is told as cut off", arguments: [1, 3, 5, 9, 100, -1, -3])
  func truncated(length: Int) throws {
    let compressed = try compress(content)
    let cut = Array(compressed.prefix(length > 0 ? length : compressed.count + length))
    #expect(throws: CompressionError.truncated(offset: UInt64(cut.count))) { try decompress(cut) }
  }

  @Test("a changed byte is told as damage, the content's or the checksum's", arguments: [200_000, -2])
  func damaged(place: Int) throws {
    var compressed = try compress(content)
    let index = place > 0 ? min(place, compressed.count / 2) : compressed.count + place
    compressed[index] ^= 0x55
    let error = #expect(throws: CompressionError.self) { try decompress(compressed) }
    guard case .damaged = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("what follows the last frame and is none is told as that")
  func garbage() throws {
    let compressed = try compress(content)
    let garbage = compressed + Array("PK and more".utf8)
    #expect(throws: CompressionError.trailingGarbage(offset: UInt64(garbage.count))) {
      try decompress(garbage)
    }
  }

  @Test("a frame that asks for more memory than 128 MiB is refused, however small it is")
  func window() throws {
    // A frame header with a window descriptor of 2^31 bytes, then an empty last block.
    let hostile: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00]
    #expect(throws: CompressionError.windowTooLarge(offset: UInt64(hostile.count))) {
      try decompress(hostile)
    }
  }

  @Test("a failing output ends the compressing with its own error")
  func failingOutput() throws {
    struct Full: Error {}
    let compressor = try ZstdCompressor(CompressionSetting())
    content.withUnsafeBytes { bytes in
      _ = #expect(throws: Full.self) { try compressor.compress(bytes) { _ in throw Full() } }
    }
  }
}

@Suite("Compressed files by their first bytes")
struct CompressionFormatTests {
  @Test("each format is told by its own, and the tool that reads it is named")
  func formats() {
    let starts: [(CompressionFormat, [UInt8])] = [
      (.gzip, [0x1F, 0x8B, 8]), (.lzop, [0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D]), (.bzip2, Array("BZh91".utf8)),
      (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), (.lz4, [4, 0x22, 0x4D, 0x18]),
      (.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
    ]
    for (format, start) in starts {
      #expect(CompressionFormat(startingWith: start) == format)
      #expect(CompressionError.unsupported(format).description.contains(" -dc'"))
    }
  }

  @Test(
    "nothing else is taken for one",
    arguments: [
      [], [0x28], Array("VMA\0\0\0".utf8), Array("LibvirtQemudSave".utf8), [0x60, 0x2A, 0x4D, 0x18],
    ])
  func others(start: [UInt8]) {
    #expect(CompressionFormat(startingWith: start) == nil)
  }
}
