import Foundation
import TestSupport
import Testing

/// Runs one archiving command of a guest again and again, each time with another fault.
struct FaultBench {
  private let guest: EmbeddedGuest
  private let command: [String]
  private let state: String

  /// - Parameters:
  ///   - guest: the guest.
  ///   - command: the command, less `--output`.
  /// - Throws: Foundation's error when its directory cannot be made.
  init(_ guest: EmbeddedGuest, command: [String]) throws {
    self.guest = guest
    self.command = command
    state = guest.root + "/state"
    try FileManager.default.createDirectory(
      atPath: guest.root + "/scratch", withIntermediateDirectories: true)
  }

  private func arguments(_ archive: String) -> [String] {
    let scratch =
      command.first == "restore" ? [] : ["--output", archive, "--scratch", guest.root + "/scratch"]
    return ["-c", guest.uri] + command + scratch
  }

  /// The command with a fault, `nil` for none.
  func run(into archive: String, fault: String?) throws -> ProcessResult {
    try snapsh(
      arguments(archive),
      environment: ["SNAPSH_FAULT": fault, "XDG_STATE_HOME": state, "TMPDIR": guest.root])
  }

  /// The command with a limit on the size of the files that it writes.
  ///
  /// - Parameters:
  ///   - archive: its output.
  ///   - kibibytes: the limit.
  ///   - ignoringLimit: whether a write beyond it fails (EFBIG); else it is the process's end (SIGXFSZ).
  /// - Throws: `TestSupportError` when it does not end in time.
  /// - Returns: how it ended.
  func run(into archive: String, kibibytes: Int, ignoringLimit: Bool) throws -> ProcessResult {
    let script = (ignoringLimit ? "trap '' XFSZ; " : "ulimit -c 0; ") + "ulimit -f \(kibibytes); exec \"$@\""
    return try TestSupport.run(
      ["bash", "-c", script, "bash", snapshBinary] + arguments(archive),
      environment: ["XDG_STATE_HOME": state, "TMPDIR": guest.root])
  }

  /// The command, stopped by its fault; goes on once `body`, given its process, is done.
  /// - Returns: its exit status.
  func stopped(into archive: String, fault: String, body: (Int32) throws -> Void) throws -> Int? {
    let background = try begin(archive, fault)
    let process = try wait(for: "the stop at \(fault)") {
      processes(naming: archive).first { stateOf($0) == "T" }
    }
    try body(process)
    kill(process, SIGCONT)
    return try status(of: background, after: fault)
  }

  /// The command in the background, beside `body`, which gives back what is to be ended with it.
  /// - Returns: its exit status.
  func behind(into archive: String, fault: String, body: () throws -> BackgroundProcess) throws -> Int? {
    let background = try begin(archive, fault)
    let companion = try body()
    defer { companion.end() }
    return try status(of: background, after: fault)
  }

  private func status(of background: BackgroundProcess, after fault: String) throws -> Int? {
    _ = try wait(for: "the end after \(fault)") { background.isRunning ? nil : true }
    let status = try String(contentsOfFile: guest.root + "/status", encoding: .utf8)
    return Int(status.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private func begin(_ archive: String, _ fault: String) throws -> BackgroundProcess {
    // A shell tells how it ended: a process in the background has no one to ask.
    let script = "\"$@\" >'\(guest.root)/out' 2>&1; echo $? >'\(guest.root)/status'"
    try? FileManager.default.removeItem(atPath: guest.root + "/status")
    return try BackgroundProcess(
      [
        "env", "SNAPSH_FAULT=\(fault)", "XDG_STATE_HOME=\(state)", "TMPDIR=\(guest.root)", "sh", "-c", script,
        "sh", snapshBinary,
      ] + arguments(archive))
  }

  private func stateOf(_ process: Int32) -> String? {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.split(separator: " ").first.map(String.init)
  }

  private func wait<Value>(for what: String, _ look: () -> Value?) throws -> Value {
    for _ in 0..<3600 {
      if let value = look() { return value }
      usleep(50_000)
    }
    throw TestSupportError("\(what) did not come; the command said: \(said)")
  }

  /// What the command said last that was stopped, or ran behind.
  var said: String { (try? String(contentsOfFile: guest.root + "/out", encoding: .utf8)) ?? "" }

  /// Files that a command should not have left, journals among them.
  func leftovers() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: guest.root).filter { name in
      name.contains("snapsh-") || name.hasSuffix(".partial") || name.hasSuffix(".save")
        || name.hasSuffix(".memory") || name.hasSuffix(".scratch") || name.contains(".restored-")
        || name.contains(".replaced-") || (name.hasPrefix("state/") && name.hasSuffix(".json"))
    }
  }

  /// The guest runs on as it did, on its own images, without a job, and nothing else is there.
  func expectWhole(after fault: String, boots: Int = 1) throws {
    let name = guest.name
    let told = try guest.snapsh("domstate \(name); domjobinfo \(name); domblklist \(name)").check().stdout
    #expect(told.contains("running"), "after \(fault)")
    #expect(told.contains("None"), "after \(fault)")
    for disk in guest.disks { #expect(told.contains(guest.imagePath(disk) + "\n"), "after \(fault)") }
    #expect(try leftovers() == [], "after \(fault)")
    try guest.waitForTicks(1)
    #expect(guest.boots == boots, "after \(fault)")
  }

  /// Every tick that was told since the first is on all disks; the guest must be off.
  ///
  /// - Parameter ballast: a disk that is not looked at: it holds more than the guest has written.
  /// - Throws: `TestSupportError` when an image cannot be read.
  func expectEveryTick(butOn ballast: String? = nil) throws {
    let last = try #require(guest.ticks.last)
    #expect(guest.ticks == Array(1...last))
    for disk in guest.disks where disk.target != ballast {
      let records = try guest.records(of: disk.target)
      #expect(records.missing(upTo: last) == [])
      #expect(records.damaged == [])
    }
  }
}
