import Testing

@testable import SnapshCommands

@Suite("An age is told in its two largest units")
struct AgeTests {
  @Test(
    "ages",
    arguments: [
      (0, "0s"), (59, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (3600, "1h 0m"), (86_399, "23h 59m"),
      (86_400, "1d 0h"), (800 * 86_400 + 7300, "800d 2h"),
    ] as [(Int64, String)])
  func text(seconds: Int64, text: String) {
    #expect(Age(of: 1_600_000_000, at: 1_600_000_000 + seconds).text == text)
  }

  @Test("no instant is in the future, and none is too far away to be told")
  func extremes() {
    #expect(Age(of: 10, at: 5).text == "0s")
    #expect(Age(of: .max, at: .min).text == "0s")
    #expect(Age(of: .min, at: 0).text == "0s")
    #expect(Age(of: 0, at: .max).text == "106751991167300d 15h")
  }
}
