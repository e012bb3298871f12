import Foundation
import TestSupport
import Testing

/// QEMU killed at every step of a mirrored snapshot's beginning and of each of its ends.
@Suite("Mirrored snapshots whose guest dies")
struct MirrorDeathTests {
  private static let disks = [EmbeddedGuest.Disk("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]
  private static let targets = ["vda", "vdb"]

  @Test(
    "a creation: what was begun is taken back, and every tick is in the images that the guest began with",
    arguments: [true, false])
  func creation(survives: Bool) throws {
    // Mirror files, snapshot, two mirrors, the note, and catching up; a guest that dies behind that is one of the ends' cases.
    let steps = 0..<6
    let deaths =
      survives
      ? GuestDeath.atEdges(steps: steps, survives: true).dropLast() : GuestDeath.ofBoth(steps: steps)[...]
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let moment = try GuestMoment(of: guest)
      let line = mirrored.creation("broken", mirroring: Self.targets)
      for death in deaths {
        try moment.goBack()
        if let ended = try mirrored.run(line, losing: death) {
          #expect(ended.status == 1, "\(death)")
          #expect(ended.error.hasSuffix(": domain 'guest' has ended meanwhile\n"), "\(death): \(ended)")
        } else if death.place.hasPrefix("before") {
          try mirrored.run("snapshot-delete", guest.name, "broken", "--abort-mirror", "--commit").check()
        } else {
          let mended = try mirrored.run("doctor", guest.name, "--fix").check()
          #expect(mended.stdout.hasSuffix("done: take the mirror-create back\n"), "\(death): \(mended)")
        }
        try mirrored.expectComplete(on: mirrored.firstImages, after: "\(death)")
      }
    }
  }

  private static func mirrors(_ guest: MirroredGuest) -> (String) -> String {
    { guest.mirror($0, "moving") }
  }

  private static func overlays(_ guest: MirroredGuest) -> (String) -> String {
    { guest.overlay($0, "moving") }
  }

  private static func images(_ guest: MirroredGuest) -> (String) -> String { { guest.firstImages[$0] ?? "" } }

  /// Ends a mirrored snapshot with a guest that dies, and by the same command where that was killed too.
  private func end(
    _ options: [String], steps: Range<Int>, survives: Bool, besides others: Bool = true,
    on goal: (MirroredGuest) -> (String) -> String,
    looking look: (MirroredGuest, GuestDeath) throws -> Void = { _, _ in }
  ) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let moment = try GuestMoment(of: guest)
      let line = ["snapshot-delete", guest.name, "moving", "--delete-storage"] + options
      let goal = Dictionary(uniqueKeysWithValues: Self.targets.map { ($0, goal(mirrored)($0)) })
      let last = "after:\(steps.upperBound - 1)"
      for death in GuestDeath.atEdges(steps: steps, survives: survives) {
        try moment.goBack()
        // A save image holds no mirrors.
        try mirrored.create("moving", mirroring: Self.targets).check()
        if let ended = try mirrored.run(line, losing: death) {
          #expect(ended.status == 0, "\(death): \(ended)")
        } else {
          try look(mirrored, death)
          // Behind the last step only the exit status was lost.
          let again = try mirrored.run(line)
          #expect(again.succeeded == (death.place != last), "\(death): \(again)")
          let told = try mirrored.run("doctor", guest.name)
          #expect(told.status == 0, "\(death): \(told)")
        }
        try mirrored.expectComplete(
          on: goal, besides: others ? Set(mirrored.firstImages.values) : [], after: "\(death)")
      }
    }
  }

  // Waiting, two pivots, the snapshot, the first storage, the note.
  @Test(
    "a deletion goes over to the second storage without it, and no tick is lost", arguments: [true, false])
  func deletion(survives: Bool) throws {
    try end([], steps: 0..<6, survives: survives, on: Self.mirrors) { mirrored, death in
      guard death.place == "before:2" else { return }
      try mirrored.waitUntilSeenDead()
      let info = try mirrored.run("snapshot-info", mirrored.guest.name, "moving").check().stdout
      #expect(info.contains("\(mirrored.mirror("vdb", "moving")) (broken)"), "\(info)")
      let told = try mirrored.run("doctor", mirrored.guest.name)
      #expect(told.status == 2)
      #expect(told.stdout.contains("'snapshot-delete guest moving' goes over to the second storage"))
    }
  }

  // Two mirrors, the second storage, the note.
  @Test("an abort stays on the first storage, and no tick is lost", arguments: [true, false])
  func abort(survives: Bool) throws {
    try end(["--abort-mirror"], steps: 0..<4, survives: survives, on: Self.overlays)
  }

  // The note, two mirrors, two merges, the snapshot, the second storage, the note.
  @Test(
    "an abort with a commit ends as if the snapshot had never been, and no tick is lost",
    arguments: [true, false])
  func commit(survives: Bool) throws {
    try end(
      ["--abort-mirror", "--commit"], steps: 0..<8, survives: survives, besides: false,
      on: Self.images
    ) { mirrored, death in
      // The overlay of vda has gone.
      guard death.place == "before:4" else { return }
      try mirrored.waitUntilSeenDead()
      let told = try mirrored.run("doctor", mirrored.guest.name)
      #expect(told.status == 2)
      #expect(told.stdout.contains("the overlay of vda has been merged back already"), "\(told)")
      let rest = "'snapshot-delete guest moving --abort-mirror --commit'"
      #expect(told.stdout.contains("\(rest) does the rest"), "\(told)")
      let refused = try mirrored.run("snapshot-delete", mirrored.guest.name, "moving")
      #expect(refused.stderr.contains("has been merged back already: finish with \(rest)"), "\(refused)")
    }
  }
}
