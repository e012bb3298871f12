import Foundation
import TestSupport
import Testing

/// Archivings whose process, QEMU, or both are killed, and what the doctor makes of it.
@Suite("An archiving that is killed")
struct GuestArchiveKillTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
    EmbeddedGuest.Disk("vdc", format: "raw", mebibytes: 32),
  ]

  /// The guest, with more data on vdc than any pipe and queue takes.
  private func prepared<Value>(_ body: (EmbeddedGuest) throws -> Value) throws -> Value {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      try run([
        "dd", "if=/dev/urandom", "of=" + guest.imagePath(Self.disks[2]), "bs=1M", "count=32",
        "conv=notrunc", "status=none",
      ]).check()
      try guest.startAndWaitForTicks(2)
      return try body(guest)
    }
  }

  private func mend(_ guest: EmbeddedGuest, after fault: String) throws {
    let mended = try guest.snapsh("doctor", guest.name, "--fix")
    #expect(mended.status == 0, "\(fault): \(mended)")
    #expect(mended.stdout.contains("done: take the "), "\(fault): \(mended)")
  }

  @Test("before or after any step is taken back by the doctor: the guest runs on, and nothing else is left")
  func processKilled() throws {
    try prepared { guest in
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      for mode in GuestArchiveTests.Mode.allCases {
        let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
        for step in 0...2 {
          for moment in ["before", "after"] {
            let fault = "\(mode.rawValue) \(moment):\(step)"
            let archive = "\(guest.root)/archive.vma"
            let killed = try bench.run(into: archive, fault: "\(moment):\(step):kill")
            #expect(killed.signal == SIGKILL, "\(fault): \(killed)")
            let isMade = step == 2 || (step == 1 && moment == "after")
            #expect(FileManager.default.fileExists(atPath: archive) == isMade, "\(fault)")
            if moment == "after" && step == 0 { try expectRefusal(guest, mode, fault) }
            try mend(guest, after: fault)
            try bench.expectWhole(after: fault)
            guard isMade else { continue }
            try snapsh(["vma", "verify", archive]).check()
            try FileManager.default.removeItem(atPath: archive)
          }
        }
      }
      try readyJob(guest)
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)

      let backup = try FaultBench(guest, command: ["backup", guest.name])
      let cut = try backup.run(into: guest.root + "/archive.vma", kibibytes: 8000, ignoringLimit: false)
      #expect(cut.signal == SIGXFSZ, "\(cut)")
      #expect(try backup.leftovers().contains { $0.hasSuffix(".partial") })
      try mend(guest, after: "half an archive")
      try backup.expectWhole(after: "half an archive")
      try guest.snapsh("destroy", guest.name).check()
      try backup.expectEveryTick(butOn: "vdc")
      let off = try backup.run(into: guest.root + "/archive.vma", kibibytes: 8000, ignoringLimit: false)
      #expect(off.signal == SIGXFSZ, "\(off)")
      try mend(guest, after: "half an archive of a guest that is off")
      #expect(try backup.leftovers() == [])
    }
  }

  /// The commit of an overlay has caught up already when the doctor comes: no event will say so again.
  private func readyJob(_ guest: EmbeddedGuest) throws {
    let bench = try FaultBench(guest, command: GuestArchiveTests.Mode.memory.arguments + [guest.name])
    #expect(
      try bench.run(into: guest.root + "/archive.vma", fault: "after:0:kill").signal == SIGKILL)
    try guest.snapsh("blockcommit", guest.name, "vda", "--active", "--shallow", "--wait").check()
    #expect(try guest.snapsh("dumpxml", guest.name).check().stdout.contains("ready='yes'"))
    try mend(guest, after: "a commit that has caught up")
    try bench.expectWhole(after: "a commit that has caught up")
  }

  private func expectRefusal(_ guest: EmbeddedGuest, _ mode: GuestArchiveTests.Mode, _ fault: String) throws {
    let told = try guest.snapsh("doctor", guest.name)
    #expect(told.status == 2, "\(fault): \(told)")
    #expect(told.stdout.contains("was interrupted"), "\(fault): \(told)")
    #expect(told.stdout.contains("--fix would: take the "), "\(fault): \(told)")
    guard mode != .cold else { return }
    let another = try guest.snapsh("backup", guest.name, "--output", guest.root + "/another.vma", "--memory")
    #expect(another.status == 1)
    #expect(another.stderr.contains("was interrupted"), "\(fault): \(another)")
  }

  @Test("with its QEMU leaves every tick in the guest's own images, and a peer that dies is told of")
  func qemuKilled() throws {
    try prepared { guest in
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      for (count, (mode, step)) in [
        (GuestArchiveTests.Mode.memory, 0), (.coldResumeFirst, 1), (.memory, 2), (.disks, 0), (.disks, 1),
      ].enumerated() {
        let fault = "\(mode.rawValue) after:\(step)"
        if count > 0 { try guest.startAndWaitForTicks(2) }
        let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
        let killed = try bench.run(into: guest.root + "/\(count).vma", fault: "after:\(step):kill")
        #expect(killed.signal == SIGKILL, "\(fault): \(killed)")
        let told = try guest.waitForTicks(2)
        try killQemu(of: guest)
        try mend(guest, after: fault)
        #expect(
          try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition, "\(fault)")
        #expect(try bench.leftovers() == [], "\(fault)")
        for disk in Self.disks.prefix(2) {
          let records = try guest.records(of: disk.target)
          #expect(records.missing(upTo: told) == [], "\(fault) \(disk.target)")
          #expect(records.damaged == [], "\(fault) \(disk.target)")
        }
      }
      try guest.startAndWaitForTicks(1)
      try peerDies(guest)
    }
  }

  /// QEMU dies while its export is read: the archive goes into a pipe that nobody empties.
  private func peerDies(_ guest: EmbeddedGuest) throws {
    let pipe = guest.root + "/pipe"
    try run(["mkfifo", pipe]).check()
    let bench = try FaultBench(guest, command: ["backup", guest.name])
    let reader = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(reader) }
    let status = try bench.stopped(into: pipe, fault: "before:1:stop") { process in
      kill(process, SIGCONT)
      var count: Int32 = 0
      for _ in 0..<3000 where count < 49152 {
        usleep(20_000)
        _ = ioctl(reader, UInt(FIONREAD), &count)
      }
      #expect(count >= 49152)
      try killQemu(of: guest)
      let drain = try BackgroundProcess(["dd", "if=" + pipe, "of=/dev/null", "bs=64k"])
      for _ in 0..<9000 where kill(process, 0) == 0 { usleep(20_000) }
      drain.end()
    }
    #expect(status == 1, "\(bench.said)")
    #expect(bench.said.contains("could not write the archive"), "\(bench.said)")
    #expect(try bench.leftovers() == [], "\(bench.said)")
    #expect(try guest.snapsh("domstate", guest.name).check().stdout.contains("shut off"))
    #expect(try guest.snapsh("doctor", guest.name).status == 0)
  }

  private func killQemu(of guest: EmbeddedGuest) throws {
    kill(try #require(guest.qemuProcess), SIGKILL)
    for _ in 0..<1500 where guest.qemuProcess != nil { usleep(20_000) }
  }
}
