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
            let another = try mirrored.create("another", mirroring: ["vda"])
            #expect(another.stderr.contains("was interrupted"), "\(fault): \(another)")
            try mirrored.run("snapshot-delete", guest.name, "broken", "--abort-mirror", "--commit").check()
          }
          try mirrored.expectUntouched(fault)
        }
      }
      try guest.waitForTicks(2)
      try mirrored.expectAllTicks(in: mirrored.firstImages)
    }
  }

  @Test(
    "QEMU killed in the middle of a creation: the overlays' ticks go back into the images the guest began with",
    arguments: [1, 3, 5])
  func creationWithoutGuest(step: Int) throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16), .init("vdb", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      let result = try mirrored.create("broken", mirroring: ["vda", "vdb"], fault: "after:\(step):kill")
      #expect(result.signal == SIGKILL)
      try guest.waitForTicks(1)
      try mirrored.killGuest()
      try mirrored.run("snapshot-delete", guest.name, "broken", "--abort-mirror", "--commit").check()
      try mirrored.expectUntouched("step \(step)")
      try mirrored.expectAllTicks(in: mirrored.firstImages)
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
}
