import Foundation
import TestSupport
import Testing

/// QEMU killed at every step of a storage migration.
@Suite("Moving the disks of a guest that dies")
struct MigrationDeathTests {
  private static let disks = [EmbeddedGuest.Disk("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]
  /// Images, mirror files, snapshot, two mirrors, the note, catching up, two copies.
  private static let stepsBack = 0..<9
  /// Two disks go over, the snapshot is forgotten, two overlays are merged, the old storage is cleared.
  private static let stepsForward = 9..<15

  private func withMoment(_ body: (MirroredGuest, GuestMoment) throws -> Void) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      try body(mirrored, try GuestMoment(of: guest))
    }
  }

  private func line(_ mirrored: MirroredGuest) -> [String] {
    ["storage-migrate", mirrored.guest.name, "--directory", mirrored.second, "--delete-storage"]
  }

  private func goal(_ mirrored: MirroredGuest) -> [String: String] {
    Dictionary(uniqueKeysWithValues: ["vda", "vdb"].map { ($0, "\(mirrored.second)/\($0).qcow2") })
  }

  /// Lets the process be lost at each step's edge, and mends that: before the step by an option of the command, after it
  /// by the doctor.
  private func expectMended(
    steps: Range<Int>, by option: String, telling isTold: (String) -> Bool,
    on images: (MirroredGuest) -> [String: String]
  ) throws {
    try withMoment { mirrored, moment in
      let name = mirrored.guest.name
      for death in GuestDeath.ofBoth(steps: steps) {
        try moment.goBack()
        try mirrored.run(line(mirrored), losing: death)
        if death.place.hasPrefix("before") {
          try mirrored.run("storage-migrate", name, option).check()
        } else {
          let mended = try mirrored.run("doctor", name, "--fix").check()
          #expect(isTold(mended.stdout), "\(death): \(mended)")
        }
        try mirrored.expectComplete(on: images(mirrored), after: "\(death)")
      }
    }
  }

  @Test("before any disk has gone over, with the process: all is taken back, and every tick is there")
  func early() throws {
    try expectMended(
      steps: Self.stepsBack, by: "--rollback",
      telling: { $0.hasSuffix("done: take the storage-migrate back\n") },
      on: \.firstImages)
  }

  @Test("once disks go over, with the process: the rest goes over without it, and every tick is there")
  func late() throws {
    try expectMended(
      steps: Self.stepsForward, by: "--resume",
      telling: { $0 == "done: do the rest of the storage-migrate\n" },
      on: goal)
  }

  @Test(
    "while the process lives: it is taken back where the guest is needed, and goes over without it from then on"
  )
  func surviving() throws {
    try withMoment { mirrored, moment in
      // What is copied lies still: from the first copy on the guest is not needed any more.
      let needed = Self.stepsBack.prefix(7).map { "before:\($0)" }
      let steps = Self.stepsBack.lowerBound..<Self.stepsForward.upperBound
      for death in GuestDeath.atEdges(steps: steps, survives: true) {
        try moment.goBack()
        let ended = try #require(try mirrored.run(line(mirrored), losing: death))
        let isBack = needed.contains(death.place)
        #expect(ended.status == (isBack ? 1 : 0), "\(death): \(ended)")
        if isBack {
          #expect(ended.error.hasSuffix(": domain 'guest' has ended meanwhile\n"), "\(death): \(ended)")
        }
        try mirrored.expectComplete(on: isBack ? mirrored.firstImages : goal(mirrored), after: "\(death)")
      }
    }
  }

  @Test(
    "a guest without a definition, which libvirt forgets: the doctor tells where its data is, and it is defined on its new disks"
  )
  func transient() throws {
    try withMoment { mirrored, moment in
      let guest = mirrored.guest
      let deaths =
        ["before:3", "before:9", "after:9", "before:10", "after:12"].map {
          GuestDeath(place: $0, survives: false)
        }
        + ["before:6", "before:10", "before:12"].map { GuestDeath(place: $0, survives: true) }
      for death in deaths {
        try moment.goBack()
        try guest.virsh("undefine", guest.name).check()
        let ended = try mirrored.run(line(mirrored), losing: death)
        let isBack = ["before:3", "before:6"].contains(death.place)
        if let ended {
          #expect(ended.status == (isBack ? 1 : 0), "\(death): \(ended)")
        } else {
          try recover(mirrored, death, isBack: isBack)
        }
        guard isBack else {
          try mirrored.expectComplete(on: goal(mirrored), after: "\(death)")
          continue
        }
        #expect(try !guest.virsh("domstate", guest.name).succeeded, "\(death)")
        #expect(mirrored.files() == Set(mirrored.firstImages.values), "\(death)")
        try mirrored.expectAllTicks(in: mirrored.firstImages, format: "qcow2", soundAfter: "\(death)")
      }
      // What was defined is a guest that starts.
      try guest.startAndWaitForTicks(1)
    }
  }

  private func recover(_ mirrored: MirroredGuest, _ death: GuestDeath, isBack: Bool) throws {
    let name = mirrored.guest.name
    // The first process that looks after the guest's death finds it dead.
    while try mirrored.guest.virsh("domstate", name).succeeded {}
    let told = try mirrored.run("doctor", name)
    #expect(told.status == 2, "\(death): \(told)")
    // Of the two that are moved one after the other, vda has gone over from there on.
    let first = "\(mirrored.guest.root)/disks/"
    let places = [
      "before:9": [first, first], "after:9": [mirrored.second, first], "before:10": [mirrored.second, first],
      "after:12": [mirrored.second + "/vda.qcow2'", mirrored.second],
    ]
    for (disk, place) in zip(["vda", "vdb"], places[death.place] ?? []) {
      #expect(told.stdout.contains("\(disk) is whole on '\(place)"), "\(death): \(told)")
    }
    if isBack {
      let resumed = try mirrored.run("storage-migrate", name, "--resume")
      #expect(resumed.stderr.contains("has ended before any of its disks had gone over"), "\(resumed)")
    } else if death.place.hasPrefix("before") {
      #expect(told.stdout.contains("--fix would: define the guest, shut off, and do the rest"), "\(told)")
      #expect(try mirrored.run("storage-migrate", name, "--rollback").status == 1)
      let resumed = try mirrored.run("storage-migrate", name, "--resume").check()
      #expect(resumed.stdout.contains("it is defined, and 'start' starts it"), "\(resumed)")
    } else {
      try mirrored.run("doctor", name, "--fix").check()
    }
  }
}
