import Foundation
import TestSupport
import Testing

@Suite("Moving the disks of a guest that writes all the time")
struct StorageMigrationTests {
  @Test(
    "a chain of three layers and a raw base go over as they are; the guest loses no tick and starts from them again"
  )
  func wholeChains() throws {
    let disks = [EmbeddedGuest.Disk("vda", mebibytes: 16), .init("vdb", format: "raw", mebibytes: 16)]
    try EmbeddedGuest.with(disks: disks) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(2)
      for layer in ["one", "two"] {
        try guest.virsh(
          "snapshot-create-as", guest.name, layer, "--disk-only", "--no-metadata", "--diskspec",
          "vdb,snapshot=no"
        ).check()
        try guest.waitForTicks(1)
      }
      let moved = try mirrored.run(
        "storage-migrate", guest.name, "--directory", mirrored.second, "--delete-storage")
      try moved.check()
      try guest.waitForTicks(1)
      let goal = ["vda": mirrored.second + "/vda.two", "vdb": mirrored.second + "/vdb.raw"]
      #expect(try mirrored.sources() == goal)
      #expect(try mirrored.sources(inactive: true) == goal)
      let names = ["vda.two", "vda.one", "vda.qcow2", "vdb.raw"]
      #expect(mirrored.files() == Set(names.map { "\(mirrored.second)/\($0)" }), "\(moved)")

      _ = try guest.virsh("destroy", guest.name)
      try TestSupport.run(["qemu-img", "check", "-q", goal["vda"] ?? ""]).check()
      try mirrored.expectAllTicks(in: ["vda": goal["vda"] ?? ""], of: ["vda"], format: "qcow2")
      try mirrored.expectAllTicks(in: ["vdb": goal["vdb"] ?? ""], of: ["vdb"], format: "raw")
      let before = guest.ticks.count
      try guest.startAndWaitForTicks(1)
      #expect(guest.ticks.count > before)
    }
  }

  @Test("--flatten leaves one image, on a transient guest too")
  func flattened() throws {
    try EmbeddedGuest.with(disks: [.init("vda", mebibytes: 16)]) { guest in
      let mirrored = try MirroredGuest(guest)
      try guest.startAndWaitForTicks(1)
      try guest.virsh("snapshot-create-as", guest.name, "one", "--disk-only", "--no-metadata").check()
      try guest.waitForTicks(1)
      try guest.virsh("undefine", guest.name).check()
      let goal = mirrored.second + "/flat.qcow2"
      try mirrored.run("storage-migrate", guest.name, "--disk", "vda=\(goal)", "--flatten").check()
      try guest.waitForTicks(1)
      #expect(try mirrored.sources() == ["vda": goal])
      try guest.kill()
      let information = try TestSupport.run(["qemu-img", "info", goal]).check().stdout
      #expect(!information.contains("backing file"))
      try TestSupport.run(["qemu-img", "check", "-q", goal]).check()
      try mirrored.expectAllTicks(in: ["vda": goal], format: "qcow2")
    }
  }
}
