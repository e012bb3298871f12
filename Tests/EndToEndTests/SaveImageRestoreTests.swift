import Foundation
import TestSupport
import Testing

@Suite("Save images and a real guest")
struct SaveImageRestoreTests {
  @Test(
    "a save image put together anew, with its disks elsewhere, restores and the guest goes on at the next tick"
  )
  func restoredElsewhere() throws {
    try EmbeddedGuest.with { guest in
      try guest.startAndWaitForTicks(3)
      let saved = guest.root + "/guest.saved"
      try guest.virsh("save", guest.name, saved).check()
      let last = try #require(guest.ticks.last)

      // Only the XML inside the new image knows the new place: the old disks are gone.
      let moved = guest.root + "/moved"
      try FileManager.default.moveItem(atPath: guest.root + "/disks", toPath: moved)
      let xml = try snapsh(["save-image", "xml", saved]).check().stdout
      let memory = guest.root + "/memory"
      let parts = (xml: guest.root + "/new.xml", cookie: guest.root + "/cookie.xml")
      try xml.replacingOccurrences(of: guest.root + "/disks", with: moved)
        .write(toFile: parts.xml, atomically: true, encoding: .utf8)
      try snapsh(["save-image", "xml", "--cookie", saved]).check().stdout
        .write(toFile: parts.cookie, atomically: true, encoding: .utf8)
      try snapsh(["save-image", "memory", saved, "--output", memory]).check()
      try FileManager.default.removeItem(atPath: saved)
      let rebuilt = guest.root + "/rebuilt.saved"
      try snapsh([
        "save-image", "create", rebuilt, "--xml", parts.xml, "--cookie", parts.cookie, "--memory", memory,
      ]).check()

      let before = guest.ticks.count
      try guest.virsh("restore", rebuilt).check()
      if guest.ticks.count == before { try guest.waitForTicks(1) }
      #expect(guest.ticks[before] == last + 1)
      try guest.waitForTicks(3)
      #expect(guest.boots == 1)
      _ = try guest.virsh("destroy", guest.name)
      for disk in guest.disks {
        let records = try guest.records(of: disk.target, image: "\(moved)/\(disk.target).qcow2")
        #expect(records.missing(upTo: guest.ticks.count) == [])
        #expect(records.damaged == [])
      }
    }
  }

  @Test("without a cookie, and asked to stay paused, libvirt restores it all the same, and paused")
  func pausedWithoutCookie() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      let saved = guest.root + "/guest.saved"
      try guest.virsh("save", guest.name, saved).check()
      let last = try #require(guest.ticks.last)
      let memory = guest.root + "/memory"
      let xml = guest.root + "/new.xml"
      try snapsh(["save-image", "xml", saved]).check().stdout
        .write(toFile: xml, atomically: true, encoding: .utf8)
      try snapsh(["save-image", "memory", saved, "--output", memory]).check()
      let rebuilt = guest.root + "/rebuilt.saved"
      try snapsh(["save-image", "create", rebuilt, "--xml", xml, "--memory", memory, "--paused"]).check()
      try guest.virsh("restore", rebuilt).check()
      #expect(try guest.virsh("domstate", guest.name).stdout.hasPrefix("paused"))
      let before = guest.ticks.count
      #expect(guest.ticks.last == last)
      try guest.virsh("resume", guest.name).check()
      if guest.ticks.count == before { try guest.waitForTicks(1) }
      #expect(guest.ticks[before] == last + 1)
    }
  }

  @Test("an image marked as unfinished is refused by libvirt and by us")
  func unfinished() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      let saved = guest.root + "/guest.saved"
      try guest.virsh("save", guest.name, saved).check()
      let file = try #require(FileHandle(forUpdatingAtPath: saved))
      try file.write(contentsOf: Data("LibvirtQemudPart".utf8))
      try file.close()
      let libvirt = try guest.virsh("restore", saved)
      #expect(libvirt.status == 1)
      #expect(libvirt.stderr.contains("save image is incomplete"))
      let ours = try snapsh(["save-image", "info", saved])
      #expect(ours.status == 1)
      #expect(ours.stderr.hasPrefix("error: '\(saved)': the save that wrote this image did not finish"))
    }
  }
}
