import Compression
import VMA

/// An archive's bytes as they were before they were compressed, if they were; told by their beginning.
final class RecognisedInput: ArchiveInput, @unchecked Sendable {
  private enum Kind {
    case plain
    case zstd(ZstdDecompressor)
  }

  private let input: any ArchiveInput
  // Only one thread at a time reads.
  private var kind: Kind?
  private var start: ArraySlice<UInt8> = []

  init(_ input: any ArchiveInput) {
    self.input = input
  }

  /// How the bytes are compressed; nil for plain ones, and before the first was read.
  var format: CompressionFormat? {
    guard case .zstd = kind else { return nil }
    return .zstd
  }

  /// - Throws: `CompressionError`, also for what snapsh does not decompress; the input's error.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let known = try kind ?? recognise()
    kind = known
    switch known {
    case .plain: return try readFile(into: buffer)
    case .zstd(let decompressor): return try decompressor.decompress(into: buffer, read: readFile)
    }
  }

  private func recognise() throws -> Kind {
    var bytes = [UInt8](repeating: 0, count: CompressionFormat.recognisableLength)
    var have = 0
    while have < bytes.count {
      let more = try bytes.withUnsafeMutableBytes {
        try input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[have...]))
      }
      guard more > 0 else { break }
      have += more
    }
    start = bytes[..<have]
    switch CompressionFormat(startingWith: start) {
    case nil: return .plain
    case .zstd: return .zstd(try ZstdDecompressor())
    case let other?: throw CompressionError.unsupported(other)
    }
  }

  private func readFile(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !start.isEmpty else { return try input.read(into: buffer) }
    let count = min(start.count, buffer.count)
    buffer.copyBytes(from: start.prefix(count))
    start = start.dropFirst(count)
    return count
  }
}
