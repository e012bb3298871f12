import Foundation
import TestSupport
import Testing

@Suite struct GuestFixtureTests {
  @Test func theGuestTicksOnItsSerialLineAndOnEveryDisk() throws {
    let disks = [
      EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw", mebibytes: 16),
    ]
    try EmbeddedGuest.with(disks: disks) { guest in
      try guest.startAndWaitForTicks(5)
      #expect(guest.qemuProcess != nil)
      #expect(guest.boots == 1)
      _ = try guest.virsh("destroy", guest.name)
      #expect(try guest.virsh("domstate", guest.name).stdout.hasPrefix("shut off"))
      let announced = guest.ticks
      #expect(announced == Array(1...announced.count))
      for disk in disks {
        let records = try guest.records(of: disk.target)
        #expect(records.missing(upTo: announced.count) == [])
        #expect(records.damaged == [])
        #expect(records.latest <= announced.count + 1)
      }
    }
  }

  @Test func aFailingTestLeavesNeitherQEMUNorFiles() throws {
    struct Abandoned: Error {}
    var root = ""
    var qemu: Int32?
    #expect(throws: Abandoned.self) {
      try EmbeddedGuest.with { guest in
        try guest.virsh("start", guest.name).check()
        root = guest.root
        qemu = guest.qemuProcess
        throw Abandoned()
      }
    }
    let process = try #require(qemu)
    #expect(!processes(naming: root).contains(process))
    #expect(!FileManager.default.fileExists(atPath: root))
  }
}
