import CZstd

/// Reads the content of zstd frames, one after another, from bytes that come piece by piece.
///
/// Memory is bounded by the largest window that is taken, 128 MiB, whatever the frames ask for. Used by one thread at a
/// time.
public final class ZstdDecompressor: @unchecked Sendable {
  /// The largest window that is taken, as a power of two: what zstd itself takes without `--long`.
  public static let maximumWindowLog = 27

  private let context: OpaquePointer
  private let space: UnsafeMutableRawBufferPointer
  private var input: ZSTD_inBuffer
  private var consumed: UInt64 = 0
  private var isBetweenFrames = true
  private var frames = 0
  private var isAtEnd = false

  /// Sets libzstd up.
  ///
  /// The C functions are `ZSTD_createDCtx` and `ZSTD_DCtx_setParameter`.
  /// - Throws: ``CompressionError`` `.unavailable`.
  public init() throws(CompressionError) {
    guard let context = ZSTD_createDCtx() else { throw .unavailable(reason: "it has no memory left") }
    let result = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(Self.maximumWindowLog))
    guard ZSTD_isError(result) == 0 else {
      ZSTD_freeDCtx(context)
      throw .unavailable(reason: String(cString: ZSTD_getErrorName(result)))
    }
    self.context = context
    space = .allocate(byteCount: 4 * ZSTD_DStreamInSize(), alignment: 16)
    input = ZSTD_inBuffer(src: space.baseAddress, size: 0, pos: 0)
  }

  deinit {
    ZSTD_freeDCtx(context)
    space.deallocate()
  }

  /// Puts the next plain bytes into `buffer`.
  ///
  /// The C function is `ZSTD_decompressStream`.
  /// - Parameters:
  ///   - buffer: space for at least one byte.
  ///   - read: puts the next compressed bytes into its buffer and returns how many; 0 at their end.
  /// - Throws: ``CompressionError`` with the offset in the compressed bytes, or what `read` throws.
  /// - Returns: how many bytes; 0 at the end of the last frame.
  public func decompress(
    into buffer: UnsafeMutableRawBufferPointer, read: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> Int {
    guard !buffer.isEmpty else { return 0 }
    while true {
      if input.pos == input.size, !isAtEnd {
        consumed += UInt64(input.size)
        let count = try read(space)
        input = ZSTD_inBuffer(src: space.baseAddress, size: count, pos: 0)
        isAtEnd = count == 0
      }
      if isAtEnd, isBetweenFrames { return 0 }
      var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let before = input.pos
      let result = ZSTD_decompressStream(context, &output, &input)
      guard ZSTD_isError(result) == 0 else { throw failure(result) }
      // A new frame has begun as soon as a byte of it was taken.
      if result == 0 {
        isBetweenFrames = true
        frames += 1
      } else if input.pos > before || output.pos > 0 {
        isBetweenFrames = false
      }
      if output.pos > 0 { return output.pos }
      if isAtEnd, result != 0 { throw CompressionError.truncated(offset: place) }
    }
  }

  private func failure(_ result: Int) -> CompressionError {
    switch ZSTD_getErrorCode(result) {
    case ZSTD_error_prefix_unknown where frames > 0 && isBetweenFrames: .trailingGarbage(offset: place)
    case ZSTD_error_frameParameter_windowTooLarge: .windowTooLarge(offset: place)
    default: .damaged(reason: String(cString: ZSTD_getErrorName(result)), offset: place)
    }
  }

  /// libzstd does not say where in the piece at hand it stumbled.
  private var place: UInt64 { consumed + UInt64(input.size) }
}
