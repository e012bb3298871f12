import Foundation
import TestSupport
import Testing

/// Reversions and deletions that fail, or whose process is killed, before and after each of their steps.
@Suite("Faults while going back and deleting")
struct GoingBackFaultTests {
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
      let before = try GuestState(of: guest)
      #expect(before.journals.isEmpty)
      let start = guest.ticks.count
      for moment in Self.moments(0..<5) where moment != "after:4" {
        let failed = try revert("\(moment):fail")
        #expect(failed.status == 1, "\(moment)")
        #expect(failed.stderr.contains("a failure was ordered"), "\(moment): \(failed.stderr)")
        #expect(try GuestState(of: guest) == before, "\(moment)")

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
        #expect(try GuestState(of: guest) == before, "\(moment)")
      }
      try guest.waitForTicks(1)
      // Behind the last step the guest had gone back already; a failure puts it where it was.
      #expect(try revert("after:4:fail", "--paused").status == 1)
      #expect(try GuestState(of: guest) == before)
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

      // Without its memory it boots when that is taken back, on the disks that it had.
      let standing = try GuestState(of: guest)
      for moment in ["before:1", "after:1", "after:3"] {
        let failed = try revert("\(moment):fail", "--without-memory")
        #expect(failed.status == 1 && !failed.stderr.contains("undone"), "\(moment): \(failed)")
        #expect(try GuestState(of: guest) == standing, "\(moment)")
      }
      try expectComplete(guest, upTo: left, "after:4")
    }
  }

  /// With the merge behind it a snapshot cannot be gone back to, and the same command does the rest.
  private func expectRefused(_ guest: EmbeddedGuest, deleting snapshot: String) throws {
    let reverted = try snapsh(guest, "snapshot-revert", guest.name, snapshot, "--dry-run")
    #expect(reverted.status == 1)
    #expect(
      reverted.stderr.contains(
        "snapshot '\(snapshot)' can no longer be gone back to: its deletion was interrupted"))
    let told = try snapsh(guest, "doctor", guest.name)
    #expect(told.stdout.contains("; snapshots '\(snapshot)', 's2' can no longer be gone back to"), "\(told)")
    let other = try snapsh(guest, "snapshot-delete", guest.name, snapshot)
    #expect(other.stderr.contains("an earlier snapshot-delete on domain 'guest' was interrupted"), "\(other)")
    let rest = try snapsh(guest, "snapshot-delete", guest.name, snapshot, "--children", "--dry-run").check()
    #expect(rest.stdout.hasPrefix("1. merge the overlays of vda"))
    try snapsh(guest, "snapshot-delete", guest.name, snapshot, "--children").check()
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
          } else if moment == "after:0" && fault == "kill" {
            try expectRefused(guest, deleting: "s1")
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
