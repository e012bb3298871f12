import CommandGrammar
import Compression

/// The option with which new archives are compressed.
enum CompressOption {
  static let compress = Option.text(
    "compress", namedOnly: true,
    help: "compress the archive: zstd, zstd:LEVEL (1 to 19, default 3), ,threads=N behind it")

  /// What the command line asks for; nil for nothing.
  static func setting(_ arguments: ParsedArguments) throws -> CompressionSetting? {
    try arguments[compress].map { (text) throws in try CompressionSetting(text) }
  }
}
