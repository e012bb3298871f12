import Compression
import VMA

/// An archive's bytes as they were before they were compressed, if they were; told by their beginning.
final class RecognisedInput: ArchiveInput, @unchecked Sendable {
  private enum Kind {
    case plain
    case zstd(ZstdDecompressor)
    case program(ProgramDecompressor)
  }

  private let input: StartedInput
  // Only one thread at a time reads.
  private var kind: Kind?

  init(_ input: any ArchiveInput) {
    self.input = StartedInput(input)
  }

  /// How the bytes are compressed; nil for plain ones, and before the first was read.
  var format: CompressionFormat? {
    switch kind {
    case nil, .plain: nil
    case .zstd: .zstd
    case .program(let program): program.format
    }
  }

  /// - Throws: `CompressionError`, also for what snapsh does not decompress; the input's error.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let known = try kind ?? recognise()
    kind = known
    switch known {
    case .plain: return try input.read(into: buffer)
    case .zstd(let decompressor): return try decompressor.decompress(into: buffer, read: input.read)
    case .program(let program): return try program.read(into: buffer)
    }
  }

  var storage: (any ArchiveStorage)? {
    if case .plain = kind { input.storage } else { nil }
  }

  func skip(_ count: UInt64) throws -> UInt64? {
    guard case .plain = kind else { return nil }
    return try input.skip(count)
  }

  /// Ends what decompresses; the input must have been told to stop before.
  func end() {
    if case .program(let program) = kind { program.end() }
  }

  private func recognise() throws -> Kind {
    let start = try input.readStart(CompressionFormat.recognisableLength)
    switch CompressionFormat(startingWith: start) {
    case nil: return .plain
    case .zstd: return .zstd(try ZstdDecompressor())
    case let other?: return .program(try ProgramDecompressor(other, input: input))
    }
  }
}

/// An input of which the beginning has been looked at.
private final class StartedInput: ArchiveInput, @unchecked Sendable {
  private let input: any ArchiveInput
  // Only one thread at a time reads.
  private var start: ArraySlice<UInt8> = []

  init(_ input: any ArchiveInput) {
    self.input = input
  }

  var storage: (any ArchiveStorage)? { input.storage }

  /// The first bytes, fewer where the input has no more; they will be read again.
  func readStart(_ count: Int) throws -> ArraySlice<UInt8> {
    var bytes = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      let more = try bytes.withUnsafeMutableBytes {
        try input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[have...]))
      }
      guard more > 0 else { break }
      have += more
    }
    start = bytes[..<have]
    return start
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !start.isEmpty else { return try input.read(into: buffer) }
    let count = min(start.count, buffer.count)
    buffer.copyBytes(from: start.prefix(count))
    start = start.dropFirst(count)
    return count
  }

  func skip(_ count: UInt64) throws -> UInt64? {
    start.isEmpty ? try input.skip(count) : nil
  }
}
