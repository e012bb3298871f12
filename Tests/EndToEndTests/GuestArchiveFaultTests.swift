import Foundation
import TestSupport
import Testing

/// Archiving that fails, is interrupted or dies at every step, on real guests.
@Suite("An archive that fails")
struct GuestArchiveFaultTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  @Test(
    "at any step leaves the guest as it was, every tick on its own images, and nothing else",
    arguments: GuestArchiveTests.Mode.allCases)
  func stepByStep(mode: GuestArchiveTests.Mode) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
      try guest.startAndWaitForTicks(3)
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      for step in 0...2 {
        for moment in ["before", "after"] {
          let archive = "\(guest.root)/\(moment)-\(step).vma"
          let failed = try bench.run(into: archive, fault: "\(moment):\(step):fail")
          #expect(failed.status == 1)
          #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"))
          #expect(!failed.stderr.contains("not all of it could be undone"))
          // An archive that has its name is whole, whatever fails after it.
          let isMade = step == 2 || (step == 1 && moment == "after")
          #expect(FileManager.default.fileExists(atPath: archive) == isMade)
          if isMade { try snapsh(["vma", "verify", archive]).check() }
          try expectWhole(guest, bench, after: "\(moment):\(step):fail")
        }
      }
      // Ctrl-C while a step is about to begin; the last one only puts things back and is not to be interrupted.
      for step in 0...1 {
        let archive = "\(guest.root)/interrupted-\(step).vma"
        let status = try bench.stopped(into: archive, fault: "before:\(step):stop") { kill($0, SIGINT) }
        #expect(status != 0)
        #expect(!FileManager.default.fileExists(atPath: archive))
        try expectWhole(guest, bench, after: "Ctrl-C before step \(step)")
      }
      let full = try bench.run(into: "/dev/full", fault: nil)
      #expect(full.status == 1)
      #expect(full.stderr.contains("no space is left where it is written to"))
      try expectWhole(guest, bench, after: "a full disk")
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)
      try guest.snapsh("destroy", guest.name).check()
      try expectEveryTick(of: guest)
    }
  }

  @Test(
    "because QEMU dies leaves the guest's own images whole",
    arguments: [GuestArchiveTests.Mode.disks, .memory])
  func qemuDies(mode: GuestArchiveTests.Mode) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
      try guest.startAndWaitForTicks(3)
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      let archive = guest.root + "/dead.vma"
      let qemu = try #require(guest.qemuProcess)
      let status = try bench.stopped(into: archive, fault: "after:0:stop") { _ in
        _ = try? guest.waitForTicks(2)
        kill(qemu, SIGKILL)
      }
      // What is frozen below overlays is whole without QEMU; a backup job is not.
      #expect((status == 0) == (mode == .memory))
      #expect(FileManager.default.fileExists(atPath: archive) == (mode == .memory))
      if mode == .memory { try snapsh(["vma", "verify", archive]).check() }
      #expect(guest.qemuProcess == nil)
      #expect(try guest.snapsh("domstate", guest.name).check().stdout.contains("shut off"))
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)
      #expect(try bench.leftovers() == [], "\(bench.said)")
      try expectEveryTick(of: guest)
    }
  }

  @Test("of a driver that saves no memory is refused in a sentence", arguments: ["cold-snapshot", "backup"])
  func otherDrivers(command: String) throws {
    let directory = try TemporaryDirectory()
    let memory = command == "backup" ? ["--memory"] : []
    let refused = try snapsh(
      ["-c", "test:///default", command, "test", "--output", directory.file("x.vma")] + memory)
    #expect(refused.status == 1)
    #expect(refused.stderr.contains("driver cannot save and restore a guest's memory"))
    #expect(directory.files == [])
  }

  private func expectWhole(_ guest: EmbeddedGuest, _ bench: FaultBench, after fault: String) throws {
    #expect(try guest.snapsh("domstate", guest.name).check().stdout.contains("running"), "after \(fault)")
    #expect(try guest.snapsh("domjobinfo", guest.name).check().stdout.contains("None"), "after \(fault)")
    #expect(try bench.leftovers() == [], "after \(fault)")
    let live = try guest.snapsh("domblklist", guest.name).check().stdout
    for disk in Self.disks { #expect(live.contains(guest.imagePath(disk) + "\n"), "after \(fault)") }
    try guest.waitForTicks(1)
    #expect(guest.boots == 1, "after \(fault)")
  }

  private func expectEveryTick(of guest: EmbeddedGuest) throws {
    let last = try #require(guest.ticks.last)
    #expect(guest.ticks == Array(1...last))
    for disk in Self.disks {
      let records = try guest.records(of: disk.target)
      #expect(records.missing(upTo: last) == [])
      #expect(records.damaged == [])
    }
  }
}

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
    try snapsh(arguments(archive), environment: ["SNAPSH_FAULT": fault, "XDG_STATE_HOME": state])
  }

  /// The command, stopped by its fault; goes on once `body`, given its process, is done.
  /// - Returns: its exit status.
  func stopped(into archive: String, fault: String, body: (Int32) throws -> Void) throws -> Int? {
    // A shell tells how it ended: a process in the background has no one to ask.
    let script = "\"$@\" >'\(guest.root)/out' 2>&1; echo $? >'\(guest.root)/status'"
    try? FileManager.default.removeItem(atPath: guest.root + "/status")
    let background = try BackgroundProcess(
      ["env", "SNAPSH_FAULT=\(fault)", "XDG_STATE_HOME=\(state)", "sh", "-c", script, "sh", snapshBinary]
        + arguments(archive))
    let process = try wait(for: "the stop at \(fault)") {
      processes(naming: archive).first { stateOf($0) == "T" }
    }
    try body(process)
    kill(process, SIGCONT)
    _ = try wait(for: "the end after \(fault)") { background.isRunning ? nil : true }
    let status = try String(contentsOfFile: guest.root + "/status", encoding: .utf8)
    return Int(status.trimmingCharacters(in: .whitespacesAndNewlines))
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

  /// What the command said last that was stopped.
  var said: String { (try? String(contentsOfFile: guest.root + "/out", encoding: .utf8)) ?? "" }

  /// Files that a command should not have left, journals among them.
  func leftovers() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: guest.root).filter { name in
      name.contains("snapsh-") || name.hasSuffix(".partial") || name.hasSuffix(".save")
        || name.hasSuffix(".memory") || name.hasSuffix(".scratch") || name.contains(".restored-")
        || name.contains(".replaced-") || (name.hasPrefix("state/") && name.hasSuffix(".json"))
    }
  }
}
