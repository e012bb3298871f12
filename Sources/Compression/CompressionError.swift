/// What keeps bytes from being compressed, or compressed bytes from being read.
public enum CompressionError: Error, Equatable, Sendable {
  /// A setting that is not `zstd[:LEVEL][,threads=N]`.
  case setting(String)
  /// libzstd could not be set up; the reason is its own.
  case unavailable(reason: String)
  /// Compressing failed inside of libzstd; the reason is its own.
  case notCompressed(reason: String)
  /// The compressed bytes are damaged near byte `offset`; the reason is libzstd's own.
  case damaged(reason: String, offset: UInt64)
  /// The compressed bytes end inside of a frame.
  case truncated(offset: UInt64)
  /// What follows the last frame is no frame.
  case trailingGarbage(offset: UInt64)
  /// A frame asks for more memory than 128 MiB to be read with.
  case windowTooLarge(offset: UInt64)
  /// Recognised, and not read.
  case unsupported(CompressionFormat)
  /// The program that decompresses the format is not installed.
  case programMissing(CompressionFormat)
  /// The program that decompresses the format has failed; the reason is its own.
  case programFailed(CompressionFormat, reason: String)
}

extension CompressionError: CustomStringConvertible {
  /// One sentence for the person who asked, with the byte offset in the compressed file where there is one.
  public var description: String {
    switch self {
    case .setting(let text):
      "'\(text)' is no compression; write zstd, zstd:LEVEL with a level from 1 to 19, and ,threads=N behind it if wanted"
    case .unavailable(let reason):
      "libzstd cannot be used: \(reason)"
    case .notCompressed(let reason):
      "compressing failed: \(reason)"
    case .damaged(let reason, let offset):
      "the compressed data is damaged before byte \(offset) (\(reason)); take another copy of the file"
    case .truncated(let offset):
      "the compressed data ends inside a frame (at byte \(offset)): the file was cut off, so take another copy"
    case .trailingGarbage(let offset):
      "something that is not compressed follows the compressed data (before byte \(offset)); another program has appended to the file"
    case .windowTooLarge(let offset):
      "the compressed data asks for a window of more than 128 MiB of memory (before byte \(offset)); "
        + "compress it again without zstd's --ultra or --long, or pipe it through 'zstd -dc --long=31'"
    case .unsupported(let format):
      "it is compressed with \(format.rawValue), which snapsh does not read itself; "
        + "pipe it through '\(format.decompressor)' and give - as the file"
    case .programMissing(let format):
      "it is compressed with \(format.rawValue), and the program of that name was not found; "
        + "install the package \(format.rawValue)"
    case .programFailed(let format, let reason):
      "\(format.rawValue) cannot decompress it (\(reason)); take another copy of the file"
    }
  }
}
