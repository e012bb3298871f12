import Foundation
import TestSupport
import Testing

/// `event` with events that happen: QEMU is told to do things behind libvirt's back, and both programs tell of them.
@Suite("Events of a real guest are told as virsh tells them")
struct RealGuestEventTests {
  /// What a program prints of events, each different line once, without times and counts.
  private func lines(_ terminal: PseudoTerminal) -> [String] {
    let text = terminal.transcript
      .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000/, with: "<time>")
      .replacing(/received: \d+/, with: "received: <count>").replacing("^C", with: "")
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    // virsh starts an agent for passwords on a terminal, which may have nobody to talk to.
    return Set(lines.filter { !$0.hasPrefix("Authorization not available.") }).sorted()
  }

  /// Pauses and resumes the guest until the program, which listens a moment after its start, tells of both.
  private func pauseAndResume(_ monitor: QemuMonitor, seenBy terminal: PseudoTerminal) throws {
    repeat {
      try monitor.run("stop")
      try monitor.run("cont")
    } while !terminal.shows("Resumed Unpaused", seconds: 2)
    // Which of the two came first was chance.
    try monitor.run("stop")
    try terminal.wait(for: "Suspended Paused")
    try monitor.run("cont")
    try terminal.wait(for: "Resumed Unpaused")
  }

  private func watch(_ program: RealGuest.Program) throws -> [[String]] {
    try RealGuest.with([.monitor]) { guest in
      let monitor = try QemuMonitor(guest.path("qmp.sock"))
      // Until Ctrl-C.
      let looping = try guest.terminal(program, ["event", "bare", "--event", "lifecycle", "--loop"])
      try pauseAndResume(monitor, seenBy: looping)
      looping.type("\u{3}")
      try looping.wait(for: "event loop interrupted")
      #expect(try looping.waitForEnd() == 0)
      // Of all kinds, with their times, until the time is over.
      let all = try guest.terminal(program, ["event", "--all", "--loop", "--timestamp", "--timeout", "10"])
      try pauseAndResume(monitor, seenBy: all)
      try monitor.run("system_reset")
      try all.wait(for: "event 'reboot' for domain 'bare'")
      try all.wait(for: "event loop timed out")
      #expect(try all.waitForEnd() == 0)
      // One only, whichever it is.
      let single = try guest.terminal(program, ["event", "--event", "lifecycle"])
      repeat {
        try monitor.run("stop")
        try monitor.run("cont")
      } while !single.shows("events received: 1", seconds: 1)
      #expect(try single.waitForEnd() == 0)
      let told = lines(single).map {
        $0.replacing(/(Suspended Paused|Resumed Unpaused)/, with: "<change>")
      }
      return [lines(looping), lines(all), told]
    }
  }

  @Test("lifecycle, all kinds, one event only, --loop, --timestamp, --timeout and Ctrl-C")
  func lifecycle() throws {
    let theirs = try watch(.virsh)
    let ours = try watch(.snapsh)
    #expect(ours == theirs)
    #expect(ours[1].contains("<time>: event 'lifecycle' for domain 'bare': Suspended Paused"))
    #expect(ours[2] == ["event 'lifecycle' for domain 'bare': <change>", "events received: <count>"])
  }

  private static let copy = "blockcopy bare vda --transient-job --dest @root/copy --bandwidth 20"

  @Test("a copy that catches up and is ended is told of under a disk's two names")
  func blockJob() throws {
    let lines = [
      Self.copy, "event bare --event block-job-2 --timeout 60", "blockjob bare vda --abort",
      Self.copy + "2", "event --event block-job --timeout 60", "blockjob bare vda --pivot", "domblklist bare",
      "event bare --event block-job-2 --loop --timeout 1",
    ]
    let expected = try RealGuest.with { try $0.run(.virsh, lines) }
    #expect(expected.output.contains("event 'block-job-2' for domain 'bare': Block Copy for vda ready"))
    #expect(try RealGuest.with { try $0.run(.snapsh, lines) } == expected)
  }

  @Test("as JSON an event is a line with its fields, and a summary ends them")
  func json() throws {
    try RealGuest.with { guest in
      let words = Self.copy.replacingOccurrences(of: "@root", with: guest.path("."))
      let result = try snapsh([
        "-c", guest.uri, "--json", "\(words); event --event block-job-2 --timeout 60",
      ]).check()
      let objects = try result.stdout.split(separator: "\n").map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      try #require(objects.count == 3)
      #expect(objects[1]["type"] as? String == "event")
      #expect(objects[1]["event"] as? String == "block-job-2")
      #expect(objects[1]["domain"] as? String == "bare")
      #expect(objects[1]["disk"] as? String == "vda")
      #expect(objects[1]["status"] as? String == "ready")
      #expect(objects[2]["type"] as? String == "summary")
      #expect(objects[2]["eventCount"] as? Int == 1)
    }
  }
}
