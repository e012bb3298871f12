import Foundation
import TestSupport
import Testing

/// QEMU killed wherever one runs while a guest goes back or a snapshot is deleted.
@Suite("Going back and deleting with a guest that dies")
struct GoingBackDeathTests {
  /// Runs a command for each death, from one moment: two snapshots, the first with memory, and a tick after each.
  private func fromOneMoment(
    _ deaths: [GuestDeath], _ words: String...,
    then check: (MirroredGuest, GuestState, GuestDeath, MirroredGuest.Ending?) throws -> Void
  ) throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16)]) { guest in
      let runner = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(2)
      let memory = "file=\(guest.root)/disks/s1.save"
      try guest.snapsh("snapshot-create-as", guest.name, "s1", "--memspec", memory).check()
      try guest.waitForTicks(1)
      try guest.snapsh("snapshot-create-as", guest.name, "s2", "--disk-only").check()
      try guest.waitForTicks(1)
      let before = try GuestState(of: guest)
      let moment = try GuestMoment(of: guest)
      for death in deaths {
        try moment.goBack()
        let ended = try runner.run([words[0], guest.name] + words.dropFirst(), losing: death)
        if ended == nil { try runner.run("doctor", guest.name, "--fix").check() }
        try check(runner, before, death, ended)
        #expect(try journals(of: guest) == [], "\(death)")
      }
    }
  }

  private func expectTicks(_ guest: EmbeddedGuest, on image: String, upTo last: Int?, _ death: GuestDeath)
    throws
  {
    let records = try guest.records(of: "vda", image: image)
    #expect(records.damaged == [], "\(death)")
    #expect(records.missing(upTo: last ?? records.latest) == [], "\(death)")
    let checked = try TestSupport.run(["qemu-img", "check", "-q", image])
    #expect(checked.status == 0 || checked.status == 3, "\(death): \(checked)")
  }

  /// The guest is off, and but for that as it was.
  private func expectAsBefore(_ guest: EmbeddedGuest, _ before: GuestState, _ death: GuestDeath) throws {
    try guest.kill()
    let after = try GuestState(of: guest)
    #expect(after.answers.dropFirst() == before.answers.dropFirst(), "\(death)")
    #expect(after.files == before.files, "\(death)")
    try expectTicks(guest, on: before.source, upTo: guest.ticks.max(), death)
  }

  @Test(
    "a reversion before the guest is stopped is taken back, and one behind that ends where it was going to")
  func reversion() throws {
    // Overlays, keeping what the guest is, the definition, the current snapshot, going on. In between there is no QEMU.
    let deaths =
      ["before:0", "after:0", "before:1", "after:4"].map { GuestDeath(place: $0, survives: false) }
      + ["before:0", "before:1", "after:4"].map { GuestDeath(place: $0, survives: true) }
    try fromOneMoment(deaths, "snapshot-revert", "s1") { runner, before, death, ended in
      let guest = runner.guest
      guard death.place == "after:4" else {
        if let ended {
          #expect(ended.status == 1, "\(death)")
          #expect(
            ended.error.contains("domain 'guest' has ended meanwhile, and its memory is gone"), "\(ended)")
        }
        return try expectAsBefore(guest, before, death)
      }
      #expect(ended?.status ?? 0 == 0, "\(death)")
      #expect(guest.qemuProcess == nil, "\(death)")
      #expect(try snapshots(of: guest) == ["s1 -", "s2 s1", "before-s1 s2"], "\(death)")
      // What it was is kept, and what it told after it went back is there too.
      let left = try #require(zip(guest.ticks, guest.ticks.dropFirst()).first { $0 >= $1 }?.0)
      try expectTicks(guest, on: before.source, upTo: left, death)
      try expectTicks(guest, on: try #require(try sources(of: guest)["vda"]), upTo: guest.ticks.last, death)
    }
  }

  @Test("the same where what the guest was is thrown away: a guest that is off can go back as well")
  func discarding() throws {
    // Overlays, the stop, the definition, the current snapshot, the start, and the files that nobody needs.
    let killed = ["before:0", "after:0", "before:1", "after:4", "before:5", "after:5"]
    let surviving = ["before:0", "before:1", "before:5", "after:5"]
    let deaths =
      killed.map { GuestDeath(place: $0, survives: false) }
      + surviving.map { GuestDeath(place: $0, survives: true) }
    try fromOneMoment(deaths, "snapshot-revert", "s2", "--discard", "--running") {
      runner, before, death, ended in
      let guest = runner.guest
      #expect(ended?.status ?? 0 == 0, "\(death): \(String(describing: ended))")
      let isBack = ended == nil && ["before:0", "after:0", "before:1"].contains(death.place)
      guard !isBack else { return try expectAsBefore(guest, before, death) }
      try guest.kill()
      let after = try GuestState(of: guest)
      #expect(after.answers[3...] == before.answers[3...], "\(death)")
      #expect(after.files == ["s1.save", "vda.qcow2", "vda.s1", "vda.s2-2"], "\(death)")
      // What it told before is thrown away; it may have died before it told anything since.
      let hasTold = guest.ticks.lastIndex(of: 1) ?? 0 > 0
      let image = try #require(try sources(of: guest, "--inactive")["vda"])
      try expectTicks(guest, on: image, upTo: hasTold ? guest.ticks.last : 0, death)
    }
  }

  @Test("a deletion with all below is finished on the images of the guest that is off")
  func deletion() throws {
    // The merge, the snapshots, the files.
    let deaths = GuestDeath.ofBoth(steps: 0..<3) + GuestDeath.atEdges(steps: 0..<3, survives: true)
    try fromOneMoment(deaths, "snapshot-delete", "s1", "--children") { runner, before, death, ended in
      let guest = runner.guest
      let image = guest.imagePath(guest.disks[0])
      #expect(ended?.status ?? 0 == 0, "\(death): \(String(describing: ended))")
      #expect(try sources(of: guest, "--inactive") == ["vda": image], "\(death)")
      #expect(try snapshots(of: guest) == [], "\(death)")
      #expect(runner.files() == [image], "\(death)")
      try expectTicks(guest, on: image, upTo: guest.ticks.last, death)
    }
  }

  @Test("a deletion that libvirt does by itself is finished by it")
  func libvirtsOwnDeletion() throws {
    // libvirt's merge, the file of the memory.
    let deaths = GuestDeath.ofBoth(steps: 0..<2) + GuestDeath.atEdges(steps: 0..<2, survives: true)
    try fromOneMoment(deaths, "snapshot-delete", "s1") { runner, before, death, ended in
      let guest = runner.guest
      #expect(ended?.status ?? 0 == 0, "\(death): \(String(describing: ended))")
      let image = guest.root + "/disks/vda.s2"
      #expect(try sources(of: guest, "--inactive") == ["vda": image], "\(death)")
      #expect(try snapshots(of: guest) == ["s2 -"], "\(death)")
      #expect(runner.files() == [guest.imagePath(guest.disks[0]), image], "\(death)")
      try expectTicks(guest, on: image, upTo: guest.ticks.last, death)
    }
  }
}
