import Compression
import Testing

@Suite("zstd[:LEVEL][,threads=N]")
struct CompressionSettingTests {
  @Test(
    "each part can be left out but the name",
    arguments: [
      ("zstd", CompressionSetting()), ("zstd:1", CompressionSetting(level: 1)),
      ("zstd:19,threads=2", CompressionSetting(level: 19, threads: 2)),
      ("zstd,threads=4", CompressionSetting(level: 3, threads: 4)),
    ])
  func read(text: String, setting: CompressionSetting) throws {
    let found = try CompressionSetting(text)
    #expect(found == setting)
    #expect(found.threads >= 1)
  }

  @Test(
    "anything else is refused with what may be written",
    arguments: [
      "", "gzip", "zstd:", "zstd:0", "zstd:20", "zstd:-1", "zstd:3:4", "zstd,threads=0", "zstd,threads=1000",
      "zstd,threads=", "zstd,workers=2", "zstd:3,threads=2,threads=2", "zstd:99999999999999999999",
    ])
  func refused(text: String) {
    #expect(throws: CompressionError.setting(text)) { try CompressionSetting(text) }
    #expect(CompressionError.setting(text).description.contains("zstd:LEVEL"))
  }
}
