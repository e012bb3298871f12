import Foundation
import TestSupport
import Testing

/// Failures before and after every step of a mirrored snapshot's beginning and end.
@Suite("Mirrored snapshots that are interrupted")
struct MirrorFaultTests {
  /// Two disks: mirror files, snapshot, two mirrors, the note, and catching up.
  private static let createSteps = 6

  @Test("a creation that fails at any step, or is killed there and taken back, leaves the guest as it was")
  func creation() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      for step in 0..<Self.createSteps {
        for fault in [
          "before:\(step):fail", "after:\(step):fail", "before:\(step):kill", "after:\(step):kill",
        ] {
          let result = try mirrored.create("broken", mirroring: ["vda", "vdb"], fault: fault)
          if fault.hasSuffix("fail") {
            #expect(result.stderr.contains("a failure was ordered"), "\(result)")
          } else {
            #expect(result.signal == SIGKILL, "\(result)")
            if step == 2 {
              let another = try mirrored.create("another", mirroring: ["vda"])
              #expect(another.stderr.contains("was interrupted"), "\(fault): \(another)")
            }
            try mirrored.run("snapshot-delete", guest.name, "broken", "--abort-mirror", "--commit").check()
          }
          try mirrored.expectUntouched(fault)
        }
      }
      try guest.waitForTicks(2)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }

  @Test("a transient guest killed in the middle of a creation: its ticks are in the images it began with")
  func creationWithoutTransientGuest() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let moment = try GuestMoment(of: guest)
      for survives in [true, false] {
        try moment.goBack()
        try guest.virsh("undefine", guest.name).check()
        let death = GuestDeath(place: "after:3", survives: survives)
        if let ended = try mirrored.run(
          mirrored.creation("broken", mirroring: ["vda", "vdb"]), losing: death)
        {
          #expect(ended.status == 1)
          #expect(!ended.error.contains("not all of it could be undone"), "\(ended)")
        } else {
          let mended = try mirrored.run("doctor", guest.name, "--fix").check()
          #expect(mended.stdout.hasSuffix("done: take the mirror-create back\n"), "\(mended)")
        }
        #expect(mirrored.files() == Set(mirrored.firstImages.values))
        try mirrored.expectAllTicks(in: mirrored.firstImages)
      }
    }
  }

  @Test("a deletion that is cut short at any step is finished by the same command, and no tick is lost")
  func deletion() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      // Waiting, two pivots, the snapshot, the note. Each round goes over to one more overlay.
      var top = mirrored.firstImages
      for step in 0..<5 {
        for (index, fault) in ["before:\(step):kill", "after:\(step):fail"].enumerated() {
          let name = "round\(step)\(index)"
          try mirrored.create(name, mirroring: ["vda", "vdb"]).check()
          let cut = try mirrored.run(["snapshot-delete", guest.name, name], fault: fault)
          #expect(cut.status != 0, "\(fault)")
          // After the very last step only the exit status was lost.
          let again = try mirrored.run("snapshot-delete", guest.name, name)
          if fault != "after:4:fail" { #expect(again.succeeded, "\(fault): \(again)") }
          top = Dictionary(
            uniqueKeysWithValues: ["vda", "vdb"].map { ($0, mirrored.mirror($0, name)) })
          #expect(try mirrored.sources() == top, "\(fault)")
          #expect(try guest.virsh("snapshot-list", guest.name, "--name").stdout.allSatisfy(\.isNewline))
        }
      }
      try guest.waitForTicks(2)
      try mirrored.expectAllTicks(in: top, format: "qcow2")
    }
  }

  @Test("an abort that is killed at any step is finished by the same command, with a commit and without")
  func aborts() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      // Two mirrors, the second storage, the note; around that the note that it is merged, two merges, the snapshot.
      for (options, steps) in [(["--abort-mirror"], 0..<4), (["--abort-mirror", "--commit"], 0..<8)] {
        for death in GuestDeath.atEdges(steps: steps, survives: false) {
          try mirrored.create("s", mirroring: ["vda", "vdb"]).check()
          let line = ["snapshot-delete", guest.name, "s", "--delete-storage"] + options
          #expect(try mirrored.run(line, fault: "\(death.place):kill").signal == SIGKILL)
          let again = try mirrored.run(line)
          // Behind the very last step only the exit status was lost.
          #expect(again.succeeded == (death.place != "after:\(steps.upperBound - 1)"), "\(death): \(again)")
          if options.count == 1 {
            let overlays = ["vda": mirrored.overlay("vda", "s"), "vdb": mirrored.overlay("vdb", "s")]
            #expect(try mirrored.sources() == overlays, "\(death)")
            try mirrored.run("snapshot-delete", guest.name, "s").check()
            for overlay in overlays.values { try? FileManager.default.removeItem(atPath: overlay) }
          }
          try mirrored.expectUntouched("\(options) \(death.place)")
        }
      }
      try guest.waitForTicks(1)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }

  @Test("an end that meets another one tells where each disk really is, and what is left to do")
  func races() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      let monitor = try mirrored.addMonitor()
      try guest.startAndWaitForTicks(1)
      let delete = ["snapshot-delete", guest.name, "s"]

      // An abort that comes when one disk has gone over already.
      try mirrored.create("s", mirroring: ["vda", "vdb"]).check()
      #expect(try mirrored.run(delete, fault: "after:1:kill").signal == SIGKILL)
      let told = try mirrored.run("doctor", guest.name)
      #expect(told.status == 2)
      #expect(told.stdout.contains("vda went over to the second storage, but not vdb"), "\(told)")
      let refused = try mirrored.run(delete + ["--abort-mirror", "--commit"])
      #expect(refused.stderr.contains("disk 'vda' has gone over to the second storage already"), "\(refused)")
      let split = try mirrored.run(delete + ["--abort-mirror"])
      #expect(split.status == 1)
      #expect(split.stdout.contains("vda had gone over to the second storage before it could be kept"))
      #expect(
        try mirrored.sources()
          == ["vda": mirrored.mirror("vda", "s"), "vdb": mirrored.overlay("vdb", "s")])
      // What is left is an ordinary snapshot, and ends as one.
      try guest.waitForTicks(1)
      try mirrored.run(delete).check()
      #expect(try mirrored.sources() == mirrored.firstImages)
      for file in mirrored.files().subtracting(mirrored.firstImages.values) {
        try FileManager.default.removeItem(atPath: file)
      }
      try mirrored.expectUntouched("split")

      // Mirrors that end by themselves under an end that goes over to them.
      try mirrored.create("s", mirroring: ["vda", "vdb"]).check()
      let lost = try mirrored.stopped(delete, at: "before:1") { _ in try mirrored.cancelJobs(at: monitor) }
      #expect(lost.status == 1)
      #expect(lost.error.contains("the mirror of disk 'vda' is broken"), "\(lost)")
      #expect(lost.error.contains("--abort-mirror"), "\(lost)")
      #expect(try mirrored.sources()["vda"] == mirrored.overlay("vda", "s"))
      #expect(try mirrored.run("doctor", guest.name).stdout.contains("but its job is gone"))
      // And under one that stays, to which that makes no difference.
      try guest.waitForTicks(1)
      try mirrored.run(delete + ["--abort-mirror", "--commit", "--delete-storage"]).check()
      try mirrored.expectUntouched("lost")
      try mirrored.create("s", mirroring: ["vda", "vdb"]).check()
      let stayed = try mirrored.stopped(
        delete + ["--abort-mirror", "--commit", "--delete-storage"], at: "before:0"
      ) { _ in try mirrored.cancelJobs(at: monitor) }
      #expect(stayed.status == 0, "\(stayed)")
      try mirrored.expectUntouched("stayed")
      try guest.waitForTicks(1)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }
}
