import Foundation
import TestSupport
import Testing

/// Reversions and deletions that fail, or whose process or QEMU is killed, before and after each of their steps.
@Suite("Faults while going back and deleting")
struct GoingBackFaultTests {
  /// What is to be the same again after an operation was taken back, all asked of one virsh.
  private struct State: Equatable {
    let answers: [String]
    let files: [String]
    let journals: [String]

    /// The image of the first disk, as the running definition or else the persistent one names it.
    let source: String

    init(of guest: EmbeddedGuest) throws {
      let questions = [
        "domstate", "domblklist", "domblklist --inactive", "snapshot-list --parent",
        "snapshot-current --name",
      ].map { line in
        let words = line.split(separator: " ", maxSplits: 1)
        return "\(words[0]) \(guest.name) \(words.dropFirst().joined())"
      }
      answers = try guest.virsh([questions.joined(separator: "; echo ===; ")]).check().stdout
        .components(separatedBy: "===")
      source = answers[1].split(separator: " ").last.map { $0.filter { !$0.isWhitespace } } ?? ""
      files = try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks").sorted()
      journals = try EndToEndTests.journals(of: guest)
    }
  }

  /// `before:1`, `after:1`, … for steps.
  private static func moments(_ steps: Range<Int>) -> [String] {
    steps.flatMap { ["before:\($0)", "after:\($0)"] }
  }

  /// A running guest on one disk, with a snapshot of its memory and disk and some ticks since.
  private func prepared<Value>(_ body: (EmbeddedGuest) throws -> Value) throws -> Value {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(2)
      try guest.snapsh(
        "snapshot-create-as", guest.name, "s1", "--memspec", "file=\(guest.root)/disks/s1.save"
      ).check()
      try guest.waitForTicks(1)
      return try body(guest)
    }
  }

  /// Nothing that the guest has told is missing on its disk.
  private func expectComplete(_ guest: EmbeddedGuest, upTo last: Int, _ what: String) throws {
    _ = try guest.virsh("destroy", guest.name)
    let image = try #require(try sources(of: guest)["vda"])
    let records = try guest.records(of: "vda", image: image)
    #expect(records.damaged == [], "\(what)")
    #expect(records.missing(upTo: last) == [], "\(what)")
  }

  @Test(
    "a reversion that fails at any step, or is killed there and taken back, leaves the guest going on at its next tick"
  )
  func reversion() throws {
    try prepared { guest in
      func revert(_ fault: String, _ options: String...) throws -> ProcessResult {
        try TestSupport.snapsh(
          ["-c", guest.uri, "snapshot-revert", guest.name, "s1"] + options,
          environment: ["XDG_STATE_HOME": guest.root + "/state", "SNAPSH_FAULT": fault])
      }
      let before = try State(of: guest)
      #expect(before.journals.isEmpty)
      let start = guest.ticks.count
      for moment in Self.moments(0..<5) where moment != "after:4" {
        let failed = try revert("\(moment):fail")
        #expect(failed.status == 1, "\(moment)")
        #expect(failed.stderr.contains("a failure was ordered"), "\(moment): \(failed.stderr)")
        #expect(try State(of: guest) == before, "\(moment)")

        #expect(try revert("\(moment):kill").signal == SIGKILL, "\(moment)")
        if moment == "after:2" {
          let refused = try snapsh(guest, "snapshot-revert", guest.name, "s1")
          #expect(refused.stderr.contains("an earlier snapshot-revert on domain 'guest' was interrupted"))
          let told = try snapsh(guest, "doctor", guest.name)
          #expect(told.status == 2)
          #expect(told.stdout.contains("--fix would: take the snapshot-revert back"))
          #expect(told.stdout.contains("not to be undone: the snapshot-revert can be asked for again"))
        }
        let mended = try snapsh(guest, "doctor", guest.name, "--fix")
        #expect(mended.status == 0, "\(moment): \(mended)")
        #expect(try State(of: guest) == before, "\(moment)")
      }
      try guest.waitForTicks(1)
      // Behind the last step the guest had gone back already; a failure puts it where it was.
      #expect(try revert("after:4:fail", "--paused").status == 1)
      #expect(try State(of: guest) == before)
      // Stopped and brought back again and again, it has never lost a beat.
      let told = guest.ticks[start...]
      #expect(zip(told, told.dropFirst()).allSatisfy { $1 == $0 + 1 })

      try guest.waitForTicks(1)
      #expect(try revert("after:4:kill", "--paused").signal == SIGKILL)
      let left = try #require(guest.ticks.last)
      let mended = try snapsh(guest, "doctor", guest.name, "--fix")
      #expect(mended.stdout == "done: do the rest of the snapshot-revert\n", "\(mended)")
      #expect(try snapshots(of: guest) == ["s1 -", "before-s1 s1"])
      #expect(try goOn(guest).next <= left)
      #expect(try goBack(guest, to: "before-s1").next == left + 1)
      #expect(guest.boots == 1)
      try expectComplete(guest, upTo: left, "after:4")
    }
  }

  @Test(
    "a reversion and a deletion lose their process and their QEMU: every tick that was told is still there")
  func qemuKilled() throws {
    try prepared { guest in
      func interrupt(
        _ moment: String, _ words: String..., doing work: () throws -> Void = {}
      ) throws -> Int {
        let process = try BackgroundProcess(
          [snapshBinary, "-c", guest.uri] + words,
          environment: ["XDG_STATE_HOME": guest.root + "/state", "SNAPSH_FAULT": "\(moment):stop"])
        try process.waitUntilStopped()
        try work()
        if let qemu = guest.qemuProcess {
          kill(qemu, SIGKILL)
          while guest.qemuProcess != nil { usleep(20_000) }
        }
        process.end()
        return guest.ticks.last ?? 0
      }
      let before = try State(of: guest)
      // The guest still runs when its overlays have been made.
      let told = try interrupt("after:0", "snapshot-revert", guest.name, "s1")
      try snapsh(guest, "doctor", guest.name, "--fix").check()
      let after = try State(of: guest)
      #expect(after.answers.dropFirst() == before.answers.dropFirst())
      #expect(after.files == before.files)
      #expect(after.journals.isEmpty)
      let records = try guest.records(of: "vda", image: before.source)
      #expect(records.damaged == [])
      #expect(records.missing(upTo: told) == [])

      // The guest runs again, and has written, as it was in the snapshot: it stays there, and what it was before is kept.
      try guest.startAndWaitForTicks(told + 1)
      _ = try interrupt("after:4", "snapshot-revert", guest.name, "s1") { try guest.waitForTicks(2) }
      let mended = try snapsh(guest, "doctor", guest.name, "--fix").check()
      #expect(mended.stdout == "done: do the rest of the snapshot-revert\n")
      #expect(try journals(of: guest).isEmpty)
      #expect(try snapshots(of: guest) == ["s1 -", "before-s1 s1"])
      #expect(guest.qemuProcess == nil)
      let gone = try guest.records(of: "vda", image: sources(of: guest)["vda"])
      #expect(gone.damaged == [])
      #expect(gone.missing(upTo: gone.latest) == [])

      // A deletion is finished on the images of a guest that is off.
      try guest.startAndWaitForTicks(1)
      _ = try interrupt("before:0", "snapshot-delete", guest.name, "s1", "--children")
      let image = guest.imagePath(guest.disks[0])
      try snapsh(guest, "doctor", guest.name, "--fix").check()
      #expect(try sources(of: guest) == ["vda": image])
      #expect(try snapshots(of: guest) == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks") == ["vda.qcow2"])
      let merged = try guest.records(of: "vda")
      #expect(merged.damaged == [])
      #expect(merged.missing(upTo: merged.latest) == [])
    }
  }

  @Test("a deletion that fails or is killed at any step is finished by the doctor, while the guest runs on")
  func deletionInterrupted() throws {
    try prepared { guest in
      let image = guest.imagePath(guest.disks[0])
      let start = guest.ticks.count
      var isFirst = true
      for moment in Self.moments(0..<3) {
        for fault in ["fail", "kill"] {
          if !isFirst { try guest.snapsh("snapshot-create-as", guest.name, "s1", "--disk-only").check() }
          isFirst = false
          try guest.snapsh("snapshot-create-as", guest.name, "s2", "--disk-only").check()
          let result = try snapsh(
            guest, "snapshot-delete", guest.name, "s1", "--children",
            environment: ["SNAPSH_FAULT": "\(moment):\(fault)"])
          #expect(!result.succeeded, "\(moment) \(fault)")
          if moment == "before:0" && fault == "fail" {
            // With nothing done there is nothing to finish.
            #expect(try journals(of: guest).isEmpty)
            try snapsh(guest, "snapshot-delete", guest.name, "s1", "--children").check()
          } else {
            let mended = try snapsh(guest, "doctor", guest.name, "--fix")
            #expect(mended.status == 0, "\(moment) \(fault): \(mended)")
            #expect(mended.stdout.hasPrefix("done: do the rest of the snapshot-delete"), "\(mended)")
          }
          #expect(try sources(of: guest) == ["vda": image], "\(moment) \(fault)")
          #expect(try snapshots(of: guest) == [], "\(moment) \(fault)")
          #expect(try journals(of: guest).isEmpty, "\(moment) \(fault)")
          let files = try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks")
          #expect(files == ["vda.qcow2"], "\(moment) \(fault)")
        }
      }
      try guest.waitForTicks(1)
      let told = guest.ticks[start...]
      #expect(zip(told, told.dropFirst()).allSatisfy { $1 == $0 + 1 })
      try expectComplete(guest, upTo: try #require(guest.ticks.last), "deletions")
    }
  }
}
