import Libvirt
import Testing

@testable import SnapshCommands

@Suite("States, times and orders are put into virsh's words")
struct WordsTests {
  @Test("every state has a word, and its reasons have")
  func states() {
    #expect(DomainStatus(state: .shutOff, reason: 5).reasonText == "saved")
    #expect(DomainStatus(state: .running, reason: 1).reasonText == "booted")
    #expect(DomainStatus(state: .paused, reason: 2).reasonText == "migrating")
    #expect(DomainStatus(state: .paused, reason: 99).reasonText == "unknown")
    #expect(DomainStatus(state: .running, reason: -1).reasonText == "unknown")
    #expect(DomainState.blocked.text == "idle")
    for state in DomainState.allCases {
      #expect(!state.text.isEmpty && !state.name.isEmpty)
      #expect(DomainStatus(state: state, reason: 0).reasonText == "unknown")
    }
  }

  @Test("an instant is told by RFC 3339 in UTC, however far away")
  func instants() {
    #expect(LocalTime(seconds: 1_600_000_000).rfc3339 == "2020-09-13T12:26:40Z")
    #expect(LocalTime(seconds: -1).rfc3339 == "1969-12-31T23:59:59Z")
    #expect(LocalTime(seconds: Int64.max).rfc3339 == "\(Int64.max)")
  }

  @Test("names are ordered without regard to the case of ASCII letters")
  func names() {
    let names = ["s10", "S5", "s1", "Äa", "s2", "Z"]
    #expect(names.sorted(by: isOrderedBefore) == ["s1", "s10", "s2", "S5", "Z", "Äa"])
  }
}
