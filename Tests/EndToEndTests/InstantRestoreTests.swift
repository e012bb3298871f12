import Foundation
import TestSupport
import Testing

/// A guest that runs from its archive before its data has come out of it.
@Suite("An instant restore")
struct InstantRestoreTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  @Test("goes on where the guest was, needs no archive once it has ended, and leaves nothing when it fails")
  func instant() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try guest.startAndWaitForTicks(3)
      let archive = guest.root + "/guest.vma"
      try guest.snapsh("cold-snapshot", guest.name, "--output", archive).check()
      try guest.snapsh("destroy", guest.name).check()
      let images = guest.root + "/images"
      try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
      try failures(of: archive, guest, images)
      try killed(archive, guest, images)
      try success(archive, guest, images)
    }
  }

  private func command(_ archive: String, _ images: String) -> [String] {
    ["restore", archive, "--name", "copy", "--directory", images, "--instant"]
  }

  private func failures(of archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let bench = try FaultBench(guest, command: command(archive, images))
    for fault in ["before:0", "after:0", "after:1", "after:2", "before:4", "after:4"] {
      let failed = try bench.run(into: archive, fault: fault + ":fail")
      #expect(failed.status == 1)
      #expect(failed.stderr.contains("a failure was ordered"))
      #expect(!failed.stderr.contains("not all of it could be undone"))
      try expectNothing(of: guest, bench, in: images, after: fault)
    }
    // The data of the first disk, which is damaged, is found to be so when it is pulled in, if not before.
    var bytes = try TestDisk.contents(of: archive)
    let header = Int(bytes[56]) << 24 | Int(bytes[57]) << 16 | Int(bytes[58]) << 8 | Int(bytes[59])
    bytes[header + 512 + 100] ^= 1
    let bad = guest.root + "/bad.vma"
    try Data(bytes).write(to: URL(fileURLWithPath: bad))
    let refused = try guest.snapsh(
      "restore", bad, "--name", "copy", "--directory", images, "--instant", "--start")
    #expect(refused.status == 1)
    #expect(refused.stderr.contains("the data of extent 0 does not match its digest"))
    try expectNothing(of: guest, bench, in: images, after: "a flipped bit")
    let raw = try guest.snapsh(
      "restore", archive, "--name", "copy", "--directory", images, "--instant", "--format", "raw")
    #expect(raw.stderr.contains("a guest that is brought up at once gets qcow2 images"))
    let off = try guest.snapsh("restore", archive, "--instant", "--define-only")
    #expect(off.stderr.contains("mutually exclusive"))
    let reserved = try guest.snapsh("restore", archive, "--instant", "--preallocation", "falloc")
    #expect(reserved.stderr.contains("--instant and --preallocation are mutually exclusive"))
  }

  /// A guest whose server was killed has lost its disks; one that was killed behind the pull is whole.
  private func killed(_ archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let bench = try FaultBench(guest, command: command(archive, images))
    _ = try bench.run(into: archive, fault: "before:4:kill")
    #expect(try guest.snapsh("doctor", "copy").status == 2)
    _ = try guest.snapsh("doctor", "copy", "--fix")
    try expectNothing(of: guest, bench, in: images, after: "a kill before the pull")

    _ = try bench.run(into: archive, fault: "after:4:kill")
    try guest.snapsh("doctor", "copy", "--fix").check()
    #expect(try guest.snapsh("domstate", "copy").check().stdout.contains("running"))
    #expect(try bench.leftovers() == [])
    try guest.snapsh("destroy", "copy").check()
    try guest.snapsh("undefine", "copy").check()
    for name in try FileManager.default.contentsOfDirectory(atPath: images) {
      try FileManager.default.removeItem(atPath: "\(images)/\(name)")
    }
  }

  private func success(_ archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let bench = try FaultBench(guest, command: command(archive, images))
    let count = guest.ticks.count
    let done = try bench.run(into: archive, fault: nil).check()
    #expect(done.stderr.contains("Domain 'copy' is up; its data is being pulled in\n"))
    #expect(done.stdout.hasPrefix("Domain 'copy' restored from \(archive) and goes on where it was\n"))
    try FileManager.default.removeItem(atPath: archive)
    try guest.waitForTicks(max(1, count + 2 - guest.ticks.count))
    let first = guest.ticks[count]
    #expect(guest.ticks[count...].elementsEqual(first..<first + guest.ticks.count - count))
    #expect(guest.boots == 1)
    #expect(try bench.leftovers() == [])
    // No emulator but the guest's own has been started to see what it can do, which takes seconds.
    let asked = try FileManager.default.contentsOfDirectory(
      atPath: guest.root + "/cache/qemu/capabilities")
    #expect(asked.filter { $0.hasSuffix(".xml") }.count == 1, "\(asked)")
    for disk in Self.disks {
      let information = try run(["qemu-img", "info", "-U", "\(images)/copy-\(disk.target).qcow2"]).check()
      #expect(!information.stdout.contains("backing file"))
    }
    try guest.snapsh("destroy", "copy").check()
    let last = guest.ticks.last ?? 0
    for disk in Self.disks {
      let records = try guest.records(
        of: disk.target, image: "\(images)/copy-\(disk.target).qcow2", format: "qcow2")
      #expect(records.damaged == [])
      #expect(records.missing(upTo: last) == [])
    }
    try guest.snapsh("start", "copy").check()
    try guest.waitForTicks(1)
    #expect(guest.boots == 2)
    try guest.snapsh("destroy", "copy").check()
  }

  private func expectNothing(
    of guest: EmbeddedGuest, _ bench: FaultBench, in images: String, after fault: String
  ) throws {
    #expect(try FileManager.default.contentsOfDirectory(atPath: images) == [], "after \(fault)")
    #expect(try bench.leftovers() == [], "after \(fault)")
    let domains = try guest.snapsh("list", "--all", "--name").check().stdout
    #expect(domains.split(whereSeparator: \.isNewline) == [Substring(guest.name)], "after \(fault)")
    #expect(guest.qemuProcess == nil, "after \(fault)")
  }
}
