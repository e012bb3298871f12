import Foundation
import TestSupport
import Testing

/// Moves of a guest's disks that fail, or whose process is killed, at each of their steps.
@Suite("Moving disks, with faults at every step")
struct StorageMigrationFaultTests {
  /// Images, mirror files, snapshot, two mirrors, the note, catching up, two copies.
  private static let stepsBack = 0..<9
  /// Two disks go over, the snapshot is forgotten, two overlays are merged.
  private static let stepsForward = 9..<14

  private static let disks = [
    EmbeddedGuest.Disk("vda", mebibytes: 16), .init("vdb", mebibytes: 16),
  ]

  @Test(
    "a step that fails and a process that is killed: all is taken back while no disk has gone over, finished from then on"
  )
  func stepByStep() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let line = ["storage-migrate", guest.name, "--directory", mirrored.second]
      for step in Self.stepsBack {
        for moment in ["before", "after"] {
          let failed = try mirrored.run(line, fault: "\(moment):\(step):fail")
          #expect(failed.status == 1)
          #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"), "\(failed)")
          try mirrored.expectUntouched("\(moment) \(step) fails")
          #expect(try mirrored.run(line, fault: "\(moment):\(step):kill").signal == SIGKILL)
          if step == 4 { #expect(try mirrored.run(line).stderr.contains("was interrupted")) }
          try mirrored.run("storage-migrate", guest.name, "--rollback").check()
          try mirrored.expectUntouched("\(moment) \(step) is killed")
        }
      }
      // A snapshot in between: a mirror that stands on a copy of what lies below it would leave out what lies above.
      #expect(try mirrored.run(line, fault: "after:0:kill").signal == SIGKILL)
      try guest.virsh("snapshot-create-as", guest.name, "between", "--disk-only").check()
      let stale = try mirrored.run("storage-migrate", guest.name, "--resume")
      #expect(stale.status == 1)
      #expect(stale.stderr.contains("and no longer on '\(guest.imagePath(guest.disks[0]))'"), "\(stale)")
      try mirrored.run("snapshot-delete", guest.name, "between").check()
      try mirrored.expectUntouched("a snapshot in between")

      try guest.waitForTicks(1)
      var (here, there) = (guest.root + "/disks", mirrored.second)
      for step in Self.stepsForward {
        for fault in ["before:\(step):fail", "after:\(step):kill"] {
          let line = ["storage-migrate", guest.name, "--directory", there]
          let broken = try mirrored.run(line, fault: fault)
          #expect(!broken.succeeded, "\(fault)")
          if fault.hasSuffix("fail") {
            #expect(broken.stderr.contains("'snapsh doctor --fix' does the rest"), "\(broken)")
          }
          #expect(try mirrored.run("storage-migrate", guest.name, "--rollback").status == 1)
          try mirrored.run("storage-migrate", guest.name, "--resume", "--delete-storage").check()
          let goal = ["vda": there + "/vda.qcow2", "vdb": there + "/vdb.qcow2"]
          #expect(try mirrored.sources() == goal)
          #expect(mirrored.files() == Set(goal.values), "\(fault)")
          swap(&here, &there)
        }
      }
      try guest.waitForTicks(1)
      try mirrored.expectAllTicks(
        in: ["vda": here + "/vda.qcow2", "vdb": here + "/vdb.qcow2"])
    }
  }
}
