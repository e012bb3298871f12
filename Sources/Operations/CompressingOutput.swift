import Compression
import VMA

/// An archive's bytes on their way through zstd.
final class CompressingOutput: ArchiveOutput {
  private let compressor: ZstdCompressor
  private let output: any ArchiveOutput

  init(_ output: any ArchiveOutput, _ setting: CompressionSetting) throws(CompressionError) {
    compressor = try ZstdCompressor(setting)
    self.output = output
  }

  var storedLength: UInt64? { compressor.bytesWritten }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try compressor.compress(bytes, emit: output.write)
  }

  func flush() throws {
    try compressor.finish(emit: output.write)
    try output.flush()
  }
}
