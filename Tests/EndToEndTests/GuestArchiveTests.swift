import Foundation
import TestSupport
import Testing

/// Real guests into archives and out of them again.
@Suite("A guest's archive")
struct GuestArchiveTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  /// How a guest is archived.
  enum Mode: String, CaseIterable, Sendable {
    case disks, memory, cold
    case coldResumeFirst = "cold, resuming first"

    var arguments: [String] {
      switch self {
      case .disks: ["backup"]
      case .memory: ["backup", "--memory"]
      case .cold: ["cold-snapshot"]
      case .coldResumeFirst: ["cold-snapshot", "--resume-first"]
      }
    }

    var hasMemory: Bool { self != .disks }
  }

  @Test("of each mode brings the guest back, and costs the source no tick", arguments: Mode.allCases)
  func roundTrip(mode: Mode) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try guest.startAndWaitForTicks(3)
      // A chain: what is archived of vda is an overlay and its base.
      try guest.snapsh(
        "snapshot-create-as", guest.name, "s1", "--disk-only", "--diskspec", "vdb,snapshot=no"
      ).check()
      try guest.waitForTicks(2)
      let tickBefore = try #require(guest.ticks.last)
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      let archive = guest.root + "/guest.vma"
      let emulators = try probedEmulators(of: guest)
      let made = try snapsh(
        ["-c", guest.uri] + mode.arguments + [guest.name, "--output", archive, "--json"]
      ).check()
      // Asking for the driver's capabilities would start every other emulator of the host for some seconds.
      #expect(try probedEmulators(of: guest) == emulators)
      #expect(
        made.stdout.contains(mode.hasMemory ? "\"consistency\":\"memory\"" : "\"consistency\":\"crash\""))
      let tickAfter = try guest.waitForTicks(2)

      // The source goes on as it was: every tick, the same images, nothing of ours.
      #expect(guest.ticks == Array(1...(try #require(guest.ticks.last))))
      #expect(guest.boots == 1)
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)
      #expect(try leftovers(of: guest) == [])
      #expect(try guest.snapsh("domjobinfo", guest.name).check().stdout.contains("None"))

      try snapsh(["vma", "verify", archive]).check()
      try guest.snapsh("destroy", guest.name).check()
      let last = try #require(guest.ticks.last)
      for disk in Self.disks {
        let top = disk.target == "vda" ? guest.root + "/disks/vda.s1" : guest.imagePath(disk)
        let records = try guest.records(of: disk.target, image: top, format: disk.format)
        #expect(records.missing(upTo: last) == [])
        #expect(records.damaged == [])
      }

      // The copy.
      let images = guest.root + "/copies"
      try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
      let count = guest.ticks.count
      try guest.snapsh(
        "restore", archive, "--name", "copy", "--directory", images,
        mode.hasMemory ? "--resume" : "--define-only"
      ).check()
      var instant = Int.max
      if !mode.hasMemory { instant = try latestTick(in: images, floor: tickBefore, ceiling: tickAfter) }
      if mode.hasMemory {
        try guest.waitForTicks(max(1, count + 3 - guest.ticks.count))
        let first = guest.ticks[count]
        #expect((tickBefore...tickAfter + 1).contains(first))
        #expect(Array(guest.ticks[count...]) == Array(first..<first + guest.ticks.count - count))
        #expect(guest.boots == 1)
        try guest.snapsh("destroy", "copy").check()
        instant = first - 1
        let now = try #require(guest.ticks.last)
        for disk in Self.disks {
          let records = try guest.records(
            of: disk.target, image: "\(images)/copy-\(disk.target).\(disk.format)", format: disk.format)
          #expect(records.missing(upTo: now) == [])
          #expect(records.damaged == [])
        }
        #expect(!FileManager.default.fileExists(atPath: images + "/copy.memory.save"))
      }
      #expect(instant >= tickBefore - 1 && instant <= tickAfter)
    }
  }

  /// The last tick that both restored disks hold without a gap.
  private func latestTick(in images: String, floor: Int, ceiling: Int) throws -> Int {
    var latest = Int.max
    for disk in Self.disks {
      let raw = images + "/check.raw"
      try run([
        try require(tool: "qemu-img"), "convert", "-f", disk.format, "-O", "raw",
        "\(images)/copy-\(disk.target).\(disk.format)", raw,
      ]).check()
      let records = try TickRecords(rawImage: raw, disk: disk.target)
      // The guest writes through no cache, so a crash-consistent disk has no gap.
      #expect(records.missing(upTo: records.latest) == [])
      #expect(records.damaged == [])
      latest = min(latest, records.latest)
    }
    return latest
  }

  /// What libvirt has kept of the emulators whose capabilities it has asked for.
  private func probedEmulators(of guest: EmbeddedGuest) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: guest.root + "/cache/qemu/capabilities").sorted()
  }

  /// Files of ours that a finished command should not have left.
  private func leftovers(of guest: EmbeddedGuest) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: guest.root)
    return names.filter { $0.contains("snapsh-") || $0.hasSuffix(".partial") || $0.hasSuffix(".save") }
  }
}
