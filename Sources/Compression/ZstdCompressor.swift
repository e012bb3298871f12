import CZstd

/// Makes one zstd frame, with a checksum of its content, of bytes that come piece by piece.
///
/// libzstd's own threads compress while the caller brings more. Used by one thread at a time.
public final class ZstdCompressor: @unchecked Sendable {
  /// What a thread gets at a time, in bytes, of the levels up to ``lastFastLevel``.
  ///
  /// libzstd's own choice is four windows, 8 MiB at level 3, and it holds several of them for each thread: 60 MiB. Pieces
  /// of this size take 15 MiB, stay in the cache, and cost an eighth of a percent of the archive's size.
  private static let fastJobSize = 1 << 20
  /// The last level whose window is no larger than 2 MiB.
  private static let lastFastLevel = 8

  private let context: OpaquePointer
  private let space: UnsafeMutableRawBufferPointer
  private var hasBegun = false
  /// Compressed bytes that were handed out.
  public private(set) var bytesWritten: UInt64 = 0

  /// Sets libzstd up.
  ///
  /// The C functions are `ZSTD_createCCtx` and `ZSTD_CCtx_setParameter`.
  /// - Throws: ``CompressionError`` `.unavailable`.
  public init(_ setting: CompressionSetting) throws(CompressionError) {
    guard let context = ZSTD_createCCtx() else { throw .unavailable(reason: "it has no memory left") }
    let parameters: [(ZSTD_cParameter, Int)] = [
      (ZSTD_c_compressionLevel, setting.level), (ZSTD_c_checksumFlag, 1),
      // Even one thread is a thread: without any, libzstd cuts the data otherwise, and the bytes would differ.
      (ZSTD_c_nbWorkers, setting.threads),
      (ZSTD_c_jobSize, setting.level <= Self.lastFastLevel ? Self.fastJobSize : 0),
    ]
    for (parameter, value) in parameters {
      let result = ZSTD_CCtx_setParameter(context, parameter, Int32(clamping: value))
      guard ZSTD_isError(result) == 0 else {
        ZSTD_freeCCtx(context)
        throw .unavailable(reason: String(cString: ZSTD_getErrorName(result)))
      }
    }
    self.context = context
    space = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
  }

  deinit {
    ZSTD_freeCCtx(context)
    space.deallocate()
  }

  /// Compresses more bytes.
  ///
  /// What came first is handed out at once, so that a reader at the other end of a pipe can begin.
  /// The C function is `ZSTD_compressStream2`.
  /// - Parameters:
  ///   - bytes: the next bytes; read during the call only.
  ///   - emit: gets compressed bytes, which are valid during its call only.
  /// - Throws: ``CompressionError`` `.notCompressed`, or what `emit` throws.
  public func compress(
    _ bytes: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try run(bytes, hasBegun ? ZSTD_e_continue : ZSTD_e_flush, emit)
    hasBegun = true
  }

  /// Ends the frame; nothing can be added then.
  ///
  /// - Throws: as ``compress(_:emit:)``.
  public func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws {
    try run(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, emit)
  }

  private func run(
    _ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective,
    _ emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while true {
      var output = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
      let left = ZSTD_compressStream2(context, &output, &input, directive)
      guard ZSTD_isError(left) == 0 else {
        throw CompressionError.notCompressed(reason: String(cString: ZSTD_getErrorName(left)))
      }
      if output.pos > 0 {
        try emit(UnsafeRawBufferPointer(rebasing: space[..<output.pos]))
        bytesWritten += UInt64(output.pos)
      }
      // With "continue" libzstd keeps what it likes; with the others all must come out.
      let isDone = directive == ZSTD_e_continue ? input.pos == input.size : left == 0
      if isDone { return }
    }
  }
}
