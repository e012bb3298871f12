import Foundation
import TestSupport
import Testing

/// Deleting what libvirt 9.0 refuses to delete, or leaves files of behind.
@Suite("Deleting external snapshots")
struct SnapshotDeletionTests {
  @Test("branches, children, memory files: the running guest loses nothing, and no file is left behind")
  func running() throws {
    try EmbeddedGuest.with { guest in
      try guest.startAndWaitForTicks(2)
      func create(_ name: String, _ options: String...) throws {
        try TestSupport.snapsh(["-c", guest.uri, "snapshot-create-as", guest.name, name] + options).check()
      }
      func delete(_ words: String...) throws -> String {
        try TestSupport.snapsh(
          ["-q", "-c", guest.uri, "snapshot-delete", guest.name] + words,
          environment: ["XDG_STATE_HOME": guest.root + "/state"]
        ).check().stdout
      }
      // Memory alone: libvirt fails with an unknown cause.
      try create(
        "alone", "--memspec", "file=\(guest.root)/alone.save", "--diskspec", "vda,snapshot=no",
        "--diskspec", "vdb,snapshot=no")
      _ = try delete("alone")
      #expect(!FileManager.default.fileExists(atPath: guest.root + "/alone.save"))

      try create("s1", "--memspec", "file=\(guest.root)/s1.save")
      try create("s2", "--disk-only")
      try create("s3", "--disk-only", "--diskspec", "vdb,snapshot=no")
      try guest.waitForTicks(1)
      let before = try goBack(guest, to: "s1", "--keep-as", "left")
      #expect(try snapshots(of: guest) == ["s1 -", "s2 s1", "s3 s2", "left s3"])

      // On a branch that was left, with others standing on it: only what libvirt knows of it goes.
      let dry = try delete("s2", "--dry-run")
      #expect(dry == "1. delete what libvirt knows of 's2'\n")
      _ = try delete("s2")
      #expect(try snapshots(of: guest) == ["s1 -", "s3 s1", "left s3"])
      #expect(try goBack(guest, to: "left", "--discard").next == before.left + 1)
      #expect(guest.boots == 1)

      // The whole line below s1, while the guest runs on it; then s1, whose memory file libvirt would leave.
      try guest.waitForTicks(1)
      _ = try delete("s1", "--children-only")
      #expect(try snapshots(of: guest) == ["s1 -"])
      _ = try delete("s1")
      #expect(try snapshots(of: guest) == [])
      try guest.waitForTicks(1)
      #expect(guest.boots == 1)
      #expect(try sources(of: guest) == sources(of: guest, "--inactive"))
      let left = try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks").sorted()
      #expect(left == ["vda.qcow2", "vdb.qcow2"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: guest.root).allSatisfy { !$0.hasSuffix("save") })
      _ = try guest.virsh("destroy", guest.name)
      let last = try #require(guest.ticks.last)
      for disk in guest.disks {
        let records = try guest.records(of: disk.target)
        #expect(records.damaged == [])
        #expect(records.missing(upTo: last) == [])
      }
      #expect(try journals(of: guest).isEmpty)
    }
  }

  @Test(
    "on an internal snapshot: merged where that leaves the internal one as it was, refused with the way out else"
  )
  func internalParent() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      let image = guest.imagePath(guest.disks[0])
      func write(_ pattern: Int, to path: String) throws {
        try run([try require(tool: "qemu-io"), "-c", "write -q -P \(pattern) 0 64k", path]).check()
      }
      func holds(_ pattern: Int, _ path: String) throws -> Bool {
        try run([try require(tool: "qemu-io"), "-r", "-c", "read -q -P \(pattern) 0 64k", path]).stdout
          .isEmpty
      }
      try write(1, to: image)
      try guest.snapsh("snapshot-create-as", guest.name, "inside").check()
      for (index, name) in ["e1", "e2"].enumerated() {
        try guest.snapsh("snapshot-create-as", guest.name, name, "--disk-only").check()
        try write(index + 2, to: try #require(try sources(of: guest)["vda"]))
      }
      #expect(try guest.virsh("snapshot-delete", guest.name, "e1").status == 1)
      let refused = try guest.snapsh("snapshot-delete", guest.name, "e1")
      #expect(refused.status == 1)
      #expect(
        refused.stderr.contains("snapshot 'e1' stands on 'inside', which is inside the image, and below 'e2'")
      )
      try guest.snapsh("snapshot-delete", guest.name, "e2").check()
      try guest.snapsh("snapshot-delete", guest.name, "e1").check()
      #expect(try sources(of: guest)["vda"] == image)
      #expect(try holds(3, image))
      #expect(try snapshots(of: guest) == ["inside -"])

      // With children that are external, the internal one goes last.
      try guest.snapsh("snapshot-create-as", guest.name, "e3", "--disk-only").check()
      try write(4, to: try #require(try sources(of: guest)["vda"]))
      #expect(try guest.virsh("snapshot-delete", guest.name, "inside", "--children").status == 1)
      try guest.snapsh("snapshot-delete", guest.name, "inside", "--children-only").check()
      #expect(try holds(4, image))
      try guest.snapsh("snapshot-revert", guest.name, "inside").check()
      #expect(try holds(1, image))
      try guest.snapsh("snapshot-create-as", guest.name, "e4", "--disk-only").check()
      try write(5, to: try #require(try sources(of: guest)["vda"]))
      try guest.snapsh("snapshot-delete", guest.name, "inside", "--children").check()
      #expect(try snapshots(of: guest) == [])
      #expect(try holds(5, image))
      #expect(try FileManager.default.contentsOfDirectory(atPath: guest.root + "/disks") == ["vda.qcow2"])
    }
  }
}
