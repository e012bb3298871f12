import Foundation
import TestSupport
import Testing

/// What becomes of a guest's archive: every ending that can be asked for, and every way to fail.
@Suite("A guest's restore")
struct GuestRestoreTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  @Test("ends as it was asked to, and a failure at any step leaves nothing and loses nothing")
  func restores() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try guest.startAndWaitForTicks(3)
      let archive = guest.root + "/guest.vma"
      try guest.snapsh("backup", guest.name, "--output", archive, "--memory").check()
      let partial = guest.root + "/vda.vma"
      try guest.snapsh("backup", guest.name, "--output", partial, "--exclude", "vdb").check()
      try guest.snapsh("destroy", guest.name).check()
      let images = guest.root + "/images"
      try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
      try failures(of: archive, guest, images)
      try kills(of: archive, guest, images)
      try conflicts(archive, partial: partial, guest, images)
      try endings(of: archive, guest, images)
      try disksAlone(of: archive, guest, images)
    }
  }

  private func failures(of archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let command = ["restore", archive, "--name", "copy", "--directory", images, "--resume"]
    let bench = try FaultBench(guest, command: command)
    for step in 0...3 {
      for moment in ["before", "after"] {
        let failed = try bench.run(into: archive, fault: "\(moment):\(step):fail")
        #expect(failed.status == 1)
        #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"))
        #expect(!failed.stderr.contains("not all of it could be undone"))
        try expectNothing(of: guest, bench, in: images, after: "\(moment):\(step)")
      }
    }
    var bytes = try TestDisk.contents(of: archive)
    bytes[bytes.count / 2] ^= 1
    let bad = guest.root + "/bad.vma"
    try Data(bytes).write(to: URL(fileURLWithPath: bad))
    let refused = try guest.snapsh("restore", bad, "--name", "copy", "--directory", images, "--resume")
    #expect(refused.status == 1)
    try expectNothing(of: guest, bench, in: images, after: "a flipped bit")
    try Data(bytes.prefix(bytes.count / 3)).write(to: URL(fileURLWithPath: bad))
    #expect(try guest.snapsh("restore", bad, "--name", "copy", "--directory", images).status == 1)
    try expectNothing(of: guest, bench, in: images, after: "a cut archive")
    // A file that may not grow is a full disk to whoever writes it.
    let limited = try run(
      ["bash", "-c", "trap '' XFSZ; ulimit -f 4000; exec \"$@\"", "bash", snapshBinary, "-c", guest.uri]
        + command)
    #expect(limited.status == 1)
    #expect(limited.stderr.contains("File too large"))
    try expectNothing(of: guest, bench, in: images, after: "a full disk")

    // What --force replaces comes back.
    let precious = images + "/copy-vda.qcow2"
    try Data("precious".utf8).write(to: URL(fileURLWithPath: precious))
    #expect(try guest.snapsh("restore", archive, "--name", "copy", "--directory", images).status == 1)
    let forced = try FaultBench(guest, command: command + ["--force"])
    #expect(try forced.run(into: archive, fault: "after:2:fail").status == 1)
    #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
    try FileManager.default.removeItem(atPath: precious)
    try expectNothing(of: guest, bench, in: images, after: "a forced restore")
  }

  private func kills(of archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let command = ["restore", archive, "--name", "copy", "--directory", images]
    let bench = try FaultBench(guest, command: command + ["--resume"])
    for step in 0...4 {
      for moment in ["before", "after"] {
        let fault = "\(moment):\(step)"
        let count = guest.ticks.count
        let killed = try bench.run(into: archive, fault: "\(fault):kill")
        #expect(killed.signal == SIGKILL, "\(fault)")
        // Once the guest goes on, it is not taken away again.
        let isMade = step == 4 || fault == "after:3"
        let told = try guest.snapsh("doctor")
        #expect(told.status == 2, "\(fault): \(told)")
        #expect(told.stdout.contains("copy: a restore was interrupted"), "\(fault): \(told)")
        #expect(
          told.stdout.contains("--fix would: " + (isMade ? "do the rest of" : "take") + " the restore"),
          "\(fault): \(told)")
        // With a name and without: the domain may not be there.
        let words = moment == "before" ? ["doctor", "copy", "--fix"] : ["doctor", "--fix"]
        let mended = try snapsh(
          ["-c", guest.uri] + words, environment: ["XDG_STATE_HOME": guest.root + "/state"])
        #expect(mended.status == 0, "\(fault): \(mended)")
        if isMade {
          try guest.waitForTicks(max(1, count + 1 - guest.ticks.count))
          #expect(
            try FileManager.default.contentsOfDirectory(atPath: images).sorted() == [
              "copy-vda.qcow2", "copy-vdb.raw",
            ], "\(fault)")
          try guest.snapsh("destroy", "copy").check()
          try forget(guest, images)
        }
        try expectNothing(of: guest, bench, in: images, after: fault)
      }
    }
    #expect(guest.boots == 1)
    let other = try guest.snapsh("doctor", "copy")
    #expect(other.status == 1)
    #expect(other.stderr.contains("failed to get domain 'copy'"))

    // A guest that was only to be defined, and one that takes the place of another.
    let defining = try FaultBench(guest, command: command)
    #expect(try defining.run(into: archive, fault: "after:2:kill").signal == SIGKILL)
    try guest.snapsh("doctor", "--fix").check()
    #expect(try guest.snapsh("domstate", "copy").check().stdout.contains("shut off"))
    let forced = try FaultBench(guest, command: command + ["--force"])
    let before = try guest.snapsh("dumpxml", "copy").check().stdout
    for fault in ["before:2", "after:2"] {
      #expect(try forced.run(into: archive, fault: "\(fault):kill").signal == SIGKILL)
      try guest.snapsh("doctor", "--fix").check()
      let after = try guest.snapsh("dumpxml", "copy").check().stdout
      #expect((after == before) == (fault == "before:2"), "\(fault)")
      #expect(try forced.leftovers().filter { !$0.hasSuffix(".memory.save") } == [], "\(fault)")
    }
    try forget(guest, images)
    let cut = try bench.run(into: archive, kibibytes: 4000, ignoringLimit: false)
    #expect(cut.signal == SIGXFSZ, "\(cut)")
    try guest.snapsh("doctor", "--fix").check()
    try expectNothing(of: guest, bench, in: images, after: "a restore cut short")
  }

  private func conflicts(_ archive: String, partial: String, _ guest: EmbeddedGuest, _ images: String) throws
  {
    let bench = try FaultBench(guest, command: ["restore"])
    let taken = try guest.snapsh("restore", archive, "--directory", images)
    #expect(taken.stderr.contains("a domain 'guest' is there already"))
    let twin = try guest.snapsh(
      "restore", archive, "--name", "copy", "--keep-identity", "--directory", images)
    #expect(twin.stderr.contains("has the UUID"))
    let shared = try guest.snapsh("restore", partial, "--name", "copy", "--directory", images)
    #expect(shared.stderr.contains("does not hold disk 'vdb'"))
    try expectNothing(of: guest, bench, in: images, after: "refusals")
    try guest.snapsh(
      "restore", partial, "--name", "copy", "--directory", images, "--disk", "vdb=/nowhere/else.raw"
    ).check()
    #expect(try guest.snapsh("domblklist", "copy").check().stdout.contains("/nowhere/else.raw\n"))
    try forget(guest, images)
  }

  private func endings(of archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    let bench = try FaultBench(guest, command: ["restore"])
    let restore = ["-c", guest.uri, "restore", archive, "--directory", images]
    let count = guest.ticks.count

    // Defined only: the memory waits in a save image. What the disks may need is taken at once.
    try snapsh(restore + ["--name", "copy", "--preallocation", "falloc"]).check()
    for disk in Self.disks {
      #expect(try allocation(of: "\(images)/copy-\(disk.target).\(disk.format)") >= size(of: disk))
    }
    #expect(try guest.snapsh("domstate", "copy").check().stdout.contains("shut off"))
    try guest.snapsh("restore", images + "/copy.memory.save").check()
    try guest.waitForTicks(max(0, count + 2 - guest.ticks.count))
    let first = guest.ticks[count]
    #expect(guest.ticks[count...].elementsEqual(first..<first + guest.ticks.count - count))
    #expect(guest.boots == 1)
    try guest.snapsh("destroy", "copy").check()
    try forget(guest, images)

    // Paused where it was, until it is resumed.
    try snapsh(restore + ["--name", "copy", "--paused"]).check()
    #expect(try guest.snapsh("domstate", "copy").check().stdout.contains("paused"))
    for disk in Self.disks {
      #expect(try allocation(of: "\(images)/copy-\(disk.target).\(disk.format)") < size(of: disk))
    }
    let paused = guest.ticks.count
    try guest.snapsh("resume", "copy").check()
    try guest.waitForTicks(max(0, paused + 1 - guest.ticks.count))
    #expect(guest.ticks[paused] == first)
    try guest.snapsh("destroy", "copy").check()
    try forget(guest, images)

    // Disks alone, in another format, without any libvirt.
    let alone = ["restore", archive, "--directory", images, "--disks-only", "--format", "raw"]
    try snapsh(alone + ["--preallocation", "full"]).check()
    for disk in Self.disks {
      #expect(try allocation(of: "\(images)/\(disk.target).\(disk.format)") >= size(of: disk))
      let records = try TickRecords(rawImage: "\(images)/\(disk.target).\(disk.format)", disk: disk.target)
      #expect(records.latest >= first - 1)
      #expect(records.missing(upTo: records.latest) == [])
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: images) {
      try FileManager.default.removeItem(atPath: "\(images)/\(name)")
    }

    // In the place of the guest itself, booted afresh.
    try snapsh(restore + ["--force", "--start"]).check()
    #expect(try guest.snapsh("domblklist", guest.name).check().stdout.contains(images + "/vda.qcow2\n"))
    let inTheWay = try snapsh(restore + ["--force"])
    #expect(inTheWay.stderr.contains("is running"))
    try guest.snapsh("destroy", guest.name).check()
    #expect(try bench.leftovers() == [])
  }

  /// Disks alone concern no libvirt, and neither does the mending of their restore.
  private func disksAlone(of archive: String, _ guest: EmbeddedGuest, _ images: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: images) {
      try FileManager.default.removeItem(atPath: "\(images)/\(name)")
    }
    let bench = try FaultBench(
      guest, command: ["restore", archive, "--name", "copy", "--directory", images, "--disks-only"])
    for step in 0...2 {
      for moment in ["before", "after"] {
        let fault = "\(moment):\(step) of disks alone"
        #expect(try bench.run(into: archive, fault: "\(moment):\(step):kill").signal == SIGKILL, "\(fault)")
        let isMade = step == 2 || (step == 1 && moment == "after")
        let uri = moment == "before" ? "test:///default" : "qemu:///embed?root=/proc/nowhere"
        func doctor(_ words: String...) throws -> ProcessResult {
          try snapsh(["-c", uri, "doctor"] + words, environment: ["XDG_STATE_HOME": guest.root + "/state"])
        }
        let told = try doctor("copy")
        #expect(told.status == 2, "\(fault): \(told)")
        #expect(told.stdout.contains("copy: a restore of disks was interrupted"), "\(fault): \(told)")
        #expect(
          told.stdout.contains("--fix would: " + (isMade ? "do the rest of" : "take") + " the restore"),
          "\(fault): \(told)")
        #expect(try doctor("--fix").status == 0, "\(fault)")
        if isMade {
          let names = try FileManager.default.contentsOfDirectory(atPath: images).sorted()
          #expect(names == ["copy-vda.qcow2", "copy-vdb.raw"], "\(fault)")
          for name in names { try FileManager.default.removeItem(atPath: "\(images)/\(name)") }
        }
        try expectNothing(of: guest, bench, in: images, after: fault)
      }
    }
    let cut = try bench.run(into: archive, kibibytes: 4000, ignoringLimit: false)
    #expect(cut.signal == SIGXFSZ, "\(cut)")
    #expect(try guest.snapsh("doctor", "--fix").status == 0)
    try expectNothing(of: guest, bench, in: images, after: "a restore of disks cut short")

    // An extraction leaves no journal, and half an image has never the name of a whole one.
    let configs = ["libvirt-domain.xml", "qemu-server.conf", "snapsh.json", "snapshots.xml"]
    for options in [[], ["--domain"]] {
      let out = images + "/out\(options.joined())"
      let extraction = try run(
        [
          "bash", "-c", "ulimit -c 0; ulimit -f 4000; exec \"$@\"", "bash", snapshBinary, "vma", "extract",
          archive, out,
        ] + options)
      #expect(extraction.signal == SIGXFSZ, "\(extraction)")
      let left = try FileManager.default.subpathsOfDirectory(atPath: out)
      let isPartial = { (name: String) in
        name.hasPrefix("tmp-") || name.hasPrefix(".") && name.hasSuffix(".partial")
      }
      #expect(left.contains(where: isPartial), "\(left)")
      #expect(left.allSatisfy { isPartial($0) || configs.contains($0) }, "\(left)")
    }
  }

  private func size(of disk: EmbeddedGuest.Disk) -> Int { disk.mebibytes << 20 }

  /// Bytes of storage that a file takes.
  private func allocation(of path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw TestSupportError("\(path): \(String(cString: strerror(errno)))")
    }
    return Int(status.st_blocks) * 512
  }

  private func forget(_ guest: EmbeddedGuest, _ images: String) throws {
    try guest.snapsh("undefine", "copy").check()
    for name in try FileManager.default.contentsOfDirectory(atPath: images) {
      try FileManager.default.removeItem(atPath: "\(images)/\(name)")
    }
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
