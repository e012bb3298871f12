import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import QMP

/// What a monitor can send, and what a client makes of it.
@Suite("A client of QEMU's monitor")
struct QMPConnectionTests {
  private static let accepted = #"{"return": {}, "id": ID}"# + "\n"

  @Test("negotiates, numbers its commands, and takes their answers, events between them kept for later")
  func conversation() throws {
    let event = #"{"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}"# + "\r\n"
    let data = #"{"event": "JOB_STATUS_CHANGE", "data": {"id": "j", "status": "running"}}"# + "\n"
    let monitor = try ScriptedMonitor(answers: [
      Self.accepted,
      event + data + #"{"return": {"running": false, "big": 9007199254740993}, "id": ID}"# + "\n",
    ])
    let client = try QMPConnection(socket: monitor.path)
    let answer = try client.execute("query-status", ["x": ["a", 1, true]])
    #expect(answer == ["running": false, "big": 9_007_199_254_740_993])
    #expect(try client.nextEvent(waiting: 0) == QMPEvent(name: "STOP", data: [:]))
    #expect(
      try client.nextEvent(waiting: 0)
        == QMPEvent(name: "JOB_STATUS_CHANGE", data: ["id": "j", "status": "running"]))
    #expect(try client.nextEvent(waiting: 1) == nil)
    let sent = try monitor.received.map { try JSONDecoder().decode(QMPValue.self, from: Data($0.utf8)) }
    #expect(
      sent == [
        ["execute": "qmp_capabilities", "arguments": [:], "id": 1],
        ["execute": "query-status", "arguments": ["x": ["a", 1, true]], "id": 2],
      ])
  }

  @Test("tells a refusal with QEMU's class and description, and goes on after it")
  func refusal() throws {
    let monitor = try ScriptedMonitor(answers: [
      Self.accepted,
      #"{"id": ID, "error": {"class": "DeviceNotFound", "desc": "Cannot find device=x nor node-name=x"}}"#
        + "\n",
      #"{"return": 7, "id": ID}"# + "\n",
    ])
    let client = try QMPConnection(socket: monitor.path)
    let refused = #expect(throws: QMPError.self) { try client.execute("blockdev-del") }
    #expect(
      refused?.description
        == "QEMU refuses 'blockdev-del': Cannot find device=x nor node-name=x (DeviceNotFound)")
    #expect(refused?.isBroken == false)
    #expect(try client.execute("x") == 7)
  }

  @Test("an answer to a command given up earlier is not taken for another's")
  func lateAnswer() throws {
    let monitor = try ScriptedMonitor(answers: [
      Self.accepted, #"{"return": "late", "id": 1}"# + "\n" + #"{"return": "mine", "id": ID}"# + "\n",
    ])
    #expect(try QMPConnection(socket: monitor.path).execute("x") == "mine")
  }

  @Test("a connection that ends is told, before an answer and in the middle of one")
  func gone() throws {
    for half in ["", #"{"return""#] {
      let monitor = try ScriptedMonitor(answers: [Self.accepted, half.isEmpty ? "" : "HALF" + half])
      let client = try QMPConnection(socket: monitor.path)
      #expect(throws: QMPError.gone(path: monitor.path)) { try client.execute("x") }
    }
  }

  @Test(
    "what greets otherwise is no monitor",
    arguments: [
      ("QEMU 7.2.22 monitor - type 'help' for more information", "which is no JSON"),
      (#"{"event": "STOP"}"#, "it does not greet as one"), ("[]", "it does not greet as one"),
    ])
  func noMonitor(greeting: String, reason: String) throws {
    let monitor = try ScriptedMonitor(greeting: greeting, answers: [])
    let error = #expect(throws: QMPError.self) { try QMPConnection(socket: monitor.path) }
    #expect(error?.description.contains(reason) == true)
    #expect(error?.description.contains("is no QMP monitor") == true)
  }

  @Test("nobody there, no socket, too long a path, and somebody who serves another client")
  func unreachable() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.file("missing")
    #expect(throws: QMPError.connect(path: missing, .noSuchFileOrDirectory)) {
      try QMPConnection(socket: missing)
    }
    let file = try directory.write(text: "", to: "file")
    #expect(throws: QMPError.connect(path: file, .connectionRefused)) { try QMPConnection(socket: file) }
    let long = "/" + String(repeating: "x", count: 107)
    #expect(throws: QMPError.pathTooLong(long)) { try QMPConnection(socket: long) }
    let silent = try ScriptedMonitor(greeting: "", answers: [])
    #expect(throws: QMPError.noGreeting(path: silent.path)) {
      try QMPConnection(socket: silent.path, patience: 0)
    }
  }
}
