import Foundation
import TestSupport
import Testing

/// Reverting to external snapshots, which libvirt 9.0 cannot, on guests that write all the time.
@Suite("Going back to external snapshots")
struct GoingBackTests {
  @Test(
    "to memory, to the branch that was left, to the middle of the chain: each time the guest goes on where it was"
  )
  func thereAndBack() throws {
    try EmbeddedGuest.with { guest in
      try guest.startAndWaitForTicks(2)
      let first = try takenTick(of: guest, "s1", "--memspec", "file=\(guest.root)/s1.save")
      try guest.waitForTicks(2)
      try snapsh(guest, "snapshot-create-as", guest.name, "s2", "--disk-only").check()
      try guest.waitForTicks(2)
      let frozen = try TestDisk.contents(of: guest.imagePath(guest.disks[0]))

      // To memory, with a child kept below.
      let away = try goBack(guest, to: "s1")
      #expect(first.contains(away.next - 1))
      try guest.waitForTicks(2)
      #expect(guest.boots == 1)
      #expect(try TestDisk.contents(of: guest.imagePath(guest.disks[0])) == frozen)
      #expect(try sources(of: guest) == sources(of: guest, "--inactive"))
      #expect(try snapshots(of: guest) == ["s1 -", "s2 s1", "before-s1 s2"])
      #expect(try current(of: guest) == "s1")

      // To the branch that was left: it goes on with the tick after the last one it had.
      #expect(try goBack(guest, to: "before-s1").next == away.left + 1)
      try guest.waitForTicks(1)
      #expect(guest.boots == 1)
      #expect(try current(of: guest) == "before-s1")
      #expect(
        try snapshots(of: guest)
          == ["s1 -", "before-before-s1 s1", "s2 s1", "before-s1 s2"])

      // To the middle of the chain, without memory: off, and its children are kept.
      try snapsh(guest, "snapshot-revert", guest.name, "s2", "--keep-as", "left").check()
      let last = try #require(guest.ticks.last)
      #expect(guest.qemuProcess == nil)
      #expect(try current(of: guest) == "s2")
      #expect(try snapshots(of: guest).contains("before-s1 s2"))
      let overlay = try #require(try sources(of: guest)["vda"])
      let records = try guest.records(of: "vda", image: overlay)
      #expect(records.damaged == [])
      #expect(records.missing(upTo: records.latest) == [])
      #expect(records.latest < away.left)

      // And back again to what was left then: nothing the guest ever told is missing.
      #expect(try goBack(guest, to: "left", "--discard").next == last + 1)
      #expect(guest.boots == 1)
      _ = try guest.virsh("destroy", guest.name)
      for disk in guest.disks {
        let image = try #require(try sources(of: guest)[disk.target])
        let records = try guest.records(of: disk.target, image: image)
        #expect(records.damaged == [])
        #expect(records.missing(upTo: last) == [])
      }
      #expect(try journals(of: guest).isEmpty)
    }
  }

  @Test("of a guest that is off: the disks are those of the snapshot, and what was discarded is gone")
  func offAndDiscarded() throws {
    try EmbeddedGuest.with(disks: [.init("vda"), .init("vdb", format: "raw")]) { guest in
      try snapsh(guest, "snapshot-create-as", guest.name, "s1", "--disk-only").check()
      let overlay = try #require(try sources(of: guest)["vda"])
      let dry = try snapsh(guest, "snapshot-revert", guest.name, "s1", "--discard", "--dry-run").check()
      #expect(dry.stdout.hasPrefix("1. make fresh overlays on what snapshot 's1' froze of vda, vdb\n"))
      #expect(try sources(of: guest)["vda"] == overlay)

      try run([try require(tool: "qemu-io"), "-c", "write -q -P 7 0 64k", overlay]).check()
      let json = try snapsh(guest, "--json", "snapshot-revert", guest.name, "s1", "--discard").check()
      #expect(json.stdout == #"{"action":"reverted","domain":"guest","snapshot":"s1"}"# + "\n")
      let fresh = try sources(of: guest)
      #expect(fresh["vda"] != overlay)
      #expect(!FileManager.default.fileExists(atPath: overlay))
      try run([
        try require(tool: "qemu-io"), "-c", "read -q -P 0 0 64k", try #require(fresh["vda"]),
      ]).check()
      #expect(try snapshots(of: guest) == ["s1 -"])
      // The snapshot knows its new overlay: libvirt itself can delete it.
      try guest.virsh("snapshot-delete", guest.name, "s1").check()
      #expect(try sources(of: guest)["vda"] == guest.imagePath(guest.disks[0]))
      #expect(try sources(of: guest)["vdb"] == guest.imagePath(guest.disks[1]))
    }
  }

  @Test("what cannot be had back is refused with its reason, and nothing is touched")
  func refusals() throws {
    try EmbeddedGuest.with { guest in
      try snapsh(
        guest, "snapshot-create-as", guest.name, "inside", "--diskspec", "vda,snapshot=internal",
        "--diskspec", "vdb,snapshot=internal"
      ).check()
      try snapsh(guest, "snapshot-create-as", guest.name, "s1", "--disk-only").check()
      let before = try sources(of: guest)
      func refused(_ words: String..., because reason: String) throws {
        let result = try TestSupport.snapsh(
          ["-c", guest.uri, "snapshot-revert", guest.name] + words,
          environment: ["XDG_STATE_HOME": guest.root + "/state"])
        #expect(result.status == 1)
        #expect(result.stderr.contains(reason), "\(result.stderr)")
        #expect(try sources(of: guest) == before)
      }
      // libvirt would load it into the image that s1 froze.
      try refused("inside", because: "on which disk 'vda' stands: going back would rewrite the image below")
      try refused("s1", "--keep-as", "inside", because: "a snapshot 'inside' exists already")
      try refused("inside", "--discard", because: "libvirt reverts to 'inside' by itself")
      let image = guest.imagePath(guest.disks[1])
      try FileManager.default.moveItem(atPath: image, toPath: image + ".away")
      try refused("s1", because: "snapshot 's1' needs '\(image)', which cannot be read here")
      try FileManager.default.moveItem(atPath: image + ".away", toPath: image)
      // Somebody puts the guest back on the image that the snapshot froze.
      try defineOnFirstImages(guest)
      let result = try snapsh(guest, "snapshot-revert", guest.name, "s1")
      #expect(result.status == 1)
      #expect(result.stderr.contains("the state of snapshot 's1' is gone: disk 'vda' writes to"))
      let discarding = try snapsh(guest, "snapshot-revert", guest.name, "s1", "--discard")
      #expect(discarding.stderr.contains("the state of snapshot 's1' is gone: disk 'vda' writes to"))
    }
  }
}
