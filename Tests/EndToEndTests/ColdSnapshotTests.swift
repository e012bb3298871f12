import Foundation
import TestSupport
import Testing

@Suite("A cold snapshot put together from its parts")
struct ColdSnapshotTests {
  @Test(
    "managed save, archive and start lose no tick, and the archive holds disks, memory and XML as they were")
  func archiveOfOneInstant() throws {
    try EmbeddedGuest.with { guest in
      try guest.startAndWaitForTicks(3)
      try guest.snapsh("snapshot-create-as", guest.name, "before", "--disk-only").check()
      try guest.waitForTicks(2)
      try guest.snapsh("managedsave", guest.name).check()
      #expect(guest.qemuProcess == nil)
      #expect(try guest.snapsh("-q", "domstate", guest.name).stdout.hasPrefix("shut off"))
      let last = try #require(guest.ticks.last)
      let cold = try ColdParts(of: guest, snapshot: "before")
      let archive = guest.root + "/cold.vma"
      try cold.archive(to: archive)

      let before = guest.ticks.count
      try guest.startAndWaitForTicks(1)
      #expect(guest.ticks[before] == last + 1)
      #expect(guest.boots == 1)
      #expect(!FileManager.default.fileExists(atPath: cold.saved))

      try snapsh(["vma", "verify", archive]).check()
      let extracted = guest.root + "/extracted"
      try snapsh(["vma", "extract", archive, extracted]).check()
      for disk in guest.disks {
        let image = "\(extracted)/disk-drive-\(disk.target).raw"
        try run(["cmp", image, try #require(cold.references[disk.target])]).check()
        let records = try TickRecords(rawImage: image, disk: disk.target)
        #expect(records.missing(upTo: last) == [])
        #expect(records.damaged == [])
        #expect(records.latest <= last + 1)
      }
      try run(["cmp", extracted + "/vmstate.bin", cold.memory]).check()
      try run(["cmp", extracted + "/libvirt-domain.xml", cold.xml]).check()
    }
  }

  @Test("disks and memory out of the archive alone make a guest that goes on at the next tick")
  func guestFromArchive() throws {
    try EmbeddedGuest.with { guest in
      try guest.startAndWaitForTicks(2)
      try guest.snapsh("managedsave", guest.name).check()
      let last = try #require(guest.ticks.last)
      let cold = try ColdParts(of: guest, snapshot: nil)
      let archive = guest.root + "/cold.vma"
      try cold.archive(to: archive)

      // Nothing of the guest is left but the archive.
      try guest.snapsh("managedsave-remove", guest.name).check()
      try guest.snapsh("undefine", guest.name).check()
      for path in [guest.root + "/disks", cold.directory] {
        try FileManager.default.removeItem(atPath: path)
      }
      let extracted = guest.root + "/extracted"
      try snapsh(["vma", "extract", "--format", "qcow2", archive, extracted]).check()
      let xml = guest.root + "/restored.xml"
      var text = try String(contentsOfFile: extracted + "/libvirt-domain.xml", encoding: .utf8)
      for disk in guest.disks {
        text = text.replacingOccurrences(
          of: guest.imagePath(disk), with: "\(extracted)/disk-drive-\(disk.target).qcow2")
      }
      try text.write(toFile: xml, atomically: true, encoding: .utf8)
      let image = guest.root + "/restored.save"
      try snapsh([
        "save-image", "create", image, "--xml", xml, "--memory", extracted + "/vmstate.bin",
      ]).check()
      let before = guest.ticks.count
      try guest.virsh("restore", image).check()
      if guest.ticks.count == before { try guest.waitForTicks(1) }
      #expect(guest.ticks[before] == last + 1)
      try guest.waitForTicks(2)
      #expect(guest.boots == 1)
      _ = try guest.snapsh("destroy", guest.name)
      for disk in guest.disks {
        let path = "\(extracted)/disk-drive-\(disk.target).qcow2"
        let records = try guest.records(of: disk.target, image: path)
        #expect(records.missing(upTo: guest.ticks.count) == [])
        #expect(records.damaged == [])
      }
    }
  }

  @Test(
    "an archive that is cut or has one wrong byte fails verification, and nothing of it is extracted under its name"
  )
  func brokenArchive() throws {
    try EmbeddedGuest.with(disks: [.init("vda")]) { guest in
      try guest.startAndWaitForTicks(1)
      try guest.snapsh("managedsave", guest.name).check()
      let cold = try ColdParts(of: guest, snapshot: nil)
      let archive = guest.root + "/cold.vma"
      try cold.archive(to: archive)
      var bytes = try Data(contentsOf: URL(fileURLWithPath: archive))
      bytes[bytes.count / 2] ^= 1
      let flipped = guest.root + "/flipped.vma"
      try bytes.write(to: URL(fileURLWithPath: flipped))
      let cut = guest.root + "/cut.vma"
      try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: cut))
      for broken in [flipped, cut] {
        #expect(try snapsh(["vma", "verify", broken]).status == 1)
        let directory = broken + ".extracted"
        #expect(try snapsh(["vma", "extract", broken, directory]).status == 1)
        #expect(!FileManager.default.fileExists(atPath: directory + "/vmstate.bin"))
      }
    }
  }
}

/// What a cold snapshot consists of, taken from a guest that has just been saved.
private struct ColdParts {
  let directory: String
  let saved: String
  let memory: String
  let xml: String
  /// The current image of each disk.
  let images: [(target: String, path: String)]
  /// What each disk holds, read by QEMU's own tool.
  let references: [String: String]

  init(of guest: EmbeddedGuest, snapshot: String?) throws {
    directory = guest.root + "/cold"
    saved = "\(guest.root)/lib/qemu/save/\(guest.name).save"
    memory = directory + "/memory"
    xml = directory + "/libvirt-domain.xml"
    images = guest.disks.map { disk in
      (disk.target, snapshot.map { "\(guest.root)/disks/\(disk.target).\($0)" } ?? guest.imagePath(disk))
    }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try snapsh(["save-image", "memory", saved, "--output", memory]).check()
    try snapsh(["save-image", "xml", saved]).check().stdout.write(
      toFile: xml, atomically: true, encoding: .utf8)
    var references: [String: String] = [:]
    for (target, path) in images {
      let raw = "\(directory)/\(target).raw"
      try run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, raw]).check()
      references[target] = raw
    }
    self.references = references
  }

  func archive(to path: String) throws {
    let disks = images.flatMap { ["-d", "format=qcow2:drive-\($0.target)=\($0.path)"] }
    try snapsh(["vma", "create", path, "-c", xml] + disks + ["-d", "format=raw:vmstate=\(memory)"]).check()
  }
}
