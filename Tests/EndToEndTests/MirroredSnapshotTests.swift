import Foundation
import TestSupport
import Testing

@Suite("Mirrored snapshots of a guest that writes all the time")
struct MirroredSnapshotTests {
  @Test(
    "it is shown everywhere, and deleting it goes on from the second storage and loses no tick",
    arguments: [1, 2, 3])
  func goesOver(diskCount: Int) throws {
    let targets = Array(["vda", "vdb", "vdc"].prefix(diskCount))
    try EmbeddedGuest.with(disks: targets.map { .init($0, mebibytes: 16) }) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(2)
      let created = try mirrored.create("moving", mirroring: targets).check()
      #expect(created.stdout.hasPrefix("Domain snapshot moving created, mirroring vda to "))
      try guest.waitForTicks(3)

      let info = try mirrored.run("snapshot-info", guest.name, "moving").check().stdout
      let xml = try mirrored.run("snapshot-dumpxml", guest.name, "moving").check().stdout
      let list = try mirrored.run("domblklist", guest.name).check().stdout
      let chain = try mirrored.run("chain", guest.name).check().stdout
      let table = try mirrored.run("snapshot-list", guest.name, "--columns", "mirror").check().stdout
      #expect(table.contains(targets.map { "\($0): ready" }.joined(separator: ", ")), "\(table)")
      for target in targets {
        let mirror = mirrored.mirror(target, "moving")
        #expect(info.contains("\(mirror) (ready)"))
        #expect(xml.contains("<mirror file='\(mirror)'/>"))
        #expect(list.contains(mirror))
        #expect(chain.contains(mirror), "\(chain)")
      }
      try mirrored.expectSidesEqual(of: "moving", targets)

      let deleted = try mirrored.run("snapshot-delete", guest.name, "moving", "--delete-storage").check()
      let goal = Dictionary(uniqueKeysWithValues: targets.map { ($0, mirrored.mirror($0, "moving")) })
      #expect(try mirrored.sources() == goal)
      #expect(try mirrored.sources(inactive: true) == goal)
      #expect(mirrored.files() == Set(goal.values).union(mirrored.firstImages.values), "\(deleted)")
      #expect(try guest.virsh("snapshot-list", guest.name, "--name").stdout.allSatisfy(\.isNewline))
      try guest.waitForTicks(2)
      try mirrored.expectAllTicks(in: goal, format: "qcow2")
    }
  }

  @Test(
    "what the mirror forbids is refused by name, and aborting keeps the guest and every tick on the first storage"
  )
  func staysOnFirst() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      try mirrored.create("kept", mirroring: ["vda"]).check()
      let device = guest.root + "/vda.xml"
      try "<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>"
        .write(toFile: device, atomically: true, encoding: .utf8)
      for line in [
        ["detach-device", guest.name, device],
        ["cold-snapshot", guest.name, "--output", guest.root + "/a.vma"],
        ["backup", guest.name, "--output", guest.root + "/a.vma"], ["managedsave", guest.name],
        ["save", guest.name, guest.root + "/save"],
        ["snapshot-create-as", guest.name, "further", "--disk-only"],
        ["snapshot-create-as", guest.name, "further", "--diskspec", "vda,mirror=\(mirrored.second)/other"],
        ["blockcommit", guest.name, "vda", "--active"], ["blockjob", guest.name, "vda", "--pivot"],
        ["snapshot-revert", guest.name, "kept"],
        ["snapshot-delete", guest.name, "kept", "--metadata"],
      ] {
        let refused = try mirrored.run(line)
        #expect(refused.status == 1, "\(line)")
        #expect(refused.stderr.contains("snapshot 'kept' mirrors vda"), "\(refused)")
      }
      try mirrored.run(
        "snapshot-create-as", guest.name, "beside", "--disk-only", "--diskspec", "vda,snapshot=no"
      ).check()
      try mirrored.run("snapshot-delete", guest.name, "beside", "--metadata").check()
      // vdb's overlay of the mirrored snapshot lies under another one now: merging it would pull it from under that.
      for options in [[], ["--abort-mirror", "--commit"]] {
        let buried = try mirrored.run(["snapshot-delete", guest.name, "kept"] + options)
        #expect(buried.status == 1)
        #expect(buried.stderr.contains("which stands on '\(mirrored.overlay("vdb", "kept"))'"), "\(buried)")
      }
      #expect(FileManager.default.fileExists(atPath: mirrored.overlay("vdb", "kept")))
      try guest.waitForTicks(1)
      try guest.virsh("suspend", guest.name).check()
      try mirrored.run("snapshot-delete", guest.name, "kept", "--abort-mirror").check()
      // The guest stands still: whatever either side lacks would show.
      try TestSupport.run([
        "qemu-img", "compare", "-U", mirrored.overlay("vda", "kept"), mirrored.mirror("vda", "kept"),
      ]).check()
      try guest.virsh("resume", guest.name).check()
      let top = try mirrored.sources()["vda"]
      #expect(top == mirrored.overlay("vda", "kept"))

      try guest.waitForTicks(2)
      try expectKeptWithoutDisk(mirrored)
      try mirrored.expectAllTicks(in: try mirrored.sources(inactive: true), format: "qcow2")
    }
  }

  /// Takes vdb out of the definition of the guest, which ends: its overlay is no leftover then, whoever asks.
  private func expectKeptWithoutDisk(_ mirrored: MirroredGuest) throws {
    let guest = mirrored.guest
    let files = FileManager.default
    let definition = guest.root + "/whole.xml"
    func attached(after work: () throws -> Void) throws {
      try guest.virsh("dumpxml", guest.name, "--inactive").check().stdout
        .write(toFile: definition, atomically: true, encoding: .utf8)
      try guest.virsh("detach-disk", guest.name, "vdb", "--config").check()
      try work()
      try guest.virsh("define", definition).check()
    }
    try mirrored.create("last", mirroring: ["vda"]).check()
    try guest.waitForTicks(1)
    try guest.snapsh("destroy", guest.name).check()
    let overlay = mirrored.overlay("vdb", "last")
    let sentence =
      "the domain has no disk 'vdb' any more, and '\(overlay)' may hold its newest data, so that stays"
    try attached {
      for options in [[], ["--abort-mirror", "--commit"]] {
        let refused = try mirrored.run(["snapshot-delete", guest.name, "last"] + options)
        #expect(refused.status == 1)
        #expect(refused.stderr.contains(sentence), "\(refused)")
      }
      #expect(files.fileExists(atPath: overlay))
    }
    try mirrored.run("snapshot-delete", guest.name, "last", "--abort-mirror").check()

    // An ordinary snapshot now, whose deletion is interrupted before the disk goes.
    let killed = try mirrored.run(
      ["snapshot-delete", guest.name, "last", "--children"], fault: "after:0:kill")
    #expect(killed.signal == SIGKILL, "\(killed)")
    try attached {
      let left = try mirrored.run("doctor", guest.name, "--fix")
      #expect(left.status != 0)
      #expect((left.stdout + left.stderr).contains(sentence), "\(left)")
      #expect(files.fileExists(atPath: overlay))
    }
    try mirrored.run("doctor", guest.name, "--fix").check()
    #expect(!files.fileExists(atPath: overlay))
  }

  @Test(
    "existing files are taken with --reuse-external, and the mirror's own backing file is the second chain")
  func reusesFiles() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let (base, placeholder) = (guest.imagePath(guest.disks[0]), mirrored.second + "/base")
      let (overlay, mirror) = (guest.root + "/disks/reused", mirrored.second + "/reused")
      try TestSupport.run(["qemu-img", "create", "-q", "-f", "qcow2", placeholder, "16M"]).check()
      for (file, below) in [(overlay, base), (mirror, placeholder)] {
        try TestSupport.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", below, "-F", "qcow2", file])
          .check()
      }
      try mirrored.run(
        "snapshot-create-as", guest.name, "reused", "--reuse-external", "--diskspec",
        "vda,file=\(overlay),mirror=\(mirror)"
      ).check()
      try guest.waitForTicks(1)
      try TestSupport.run(["qemu-img", "convert", "-n", "-U", "-O", "qcow2", base, placeholder]).check()
      let deleted = try mirrored.run("--json", "snapshot-delete", guest.name, "reused").check()
      #expect(deleted.stdout.contains("\"storage\":\"second\""))
      #expect(deleted.stdout.contains(base))
      try guest.waitForTicks(1)
      // The first storage is gone for good.
      for file in [base, overlay] { try FileManager.default.removeItem(atPath: file) }
      try mirrored.expectAllTicks(in: ["vda": mirror])
    }
  }
}
