import Foundation
import TestSupport
import Testing

/// Archiving that fails, is interrupted or dies at every step, on real guests.
@Suite("An archive that fails")
struct GuestArchiveFaultTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  @Test(
    "at any step leaves the guest as it was, every tick on its own images, and nothing else",
    arguments: GuestArchiveTests.Mode.allCases)
  func stepByStep(mode: GuestArchiveTests.Mode) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
      try guest.startAndWaitForTicks(3)
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      for step in 0...2 {
        for moment in ["before", "after"] {
          let archive = "\(guest.root)/\(moment)-\(step).vma"
          let failed = try bench.run(into: archive, fault: "\(moment):\(step):fail")
          #expect(failed.status == 1)
          #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"))
          #expect(!failed.stderr.contains("not all of it could be undone"))
          // An archive that has its name is whole, whatever fails after it.
          let isMade = step == 2 || (step == 1 && moment == "after")
          #expect(FileManager.default.fileExists(atPath: archive) == isMade)
          if isMade { try snapsh(["vma", "verify", archive]).check() }
          try bench.expectWhole(after: "\(moment):\(step):fail")
        }
      }
      // Ctrl-C while a step is about to begin; the last one only puts things back and is not to be interrupted.
      for step in 0...1 {
        let archive = "\(guest.root)/interrupted-\(step).vma"
        let status = try bench.stopped(into: archive, fault: "before:\(step):stop") { kill($0, SIGINT) }
        #expect(status != 0)
        #expect(!FileManager.default.fileExists(atPath: archive))
        try bench.expectWhole(after: "Ctrl-C before step \(step)")
      }
      let full = try bench.run(into: "/dev/full", fault: nil)
      #expect(full.status == 1)
      #expect(full.stderr.contains("no space is left where it is written to"))
      try bench.expectWhole(after: "a full disk")
      if mode.hasMemory {
        // A file that may not grow is a full disk to whoever writes it: here the memory is saved by libvirt's helper.
        let limited = try bench.run(into: guest.root + "/limited.vma", kibibytes: 16_000, ignoringLimit: true)
        #expect(limited.status == 1)
        try bench.expectWhole(after: "a full disk for the memory: \(limited)")
      }
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)
      try guest.snapsh("destroy", guest.name).check()
      try bench.expectEveryTick()
    }
  }

  @Test(
    "because QEMU dies leaves the guest's own images whole",
    arguments: [GuestArchiveTests.Mode.disks, .memory])
  func qemuDies(mode: GuestArchiveTests.Mode) throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let bench = try FaultBench(guest, command: mode.arguments + [guest.name])
      try guest.startAndWaitForTicks(3)
      let definition = try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout
      let archive = guest.root + "/dead.vma"
      let qemu = try #require(guest.qemuProcess)
      let status = try bench.stopped(into: archive, fault: "after:0:stop") { _ in
        _ = try? guest.waitForTicks(2)
        kill(qemu, SIGKILL)
      }
      // What is frozen below overlays is whole without QEMU; a backup job is not.
      #expect((status == 0) == (mode == .memory))
      #expect(FileManager.default.fileExists(atPath: archive) == (mode == .memory))
      if mode == .memory { try snapsh(["vma", "verify", archive]).check() }
      #expect(guest.qemuProcess == nil)
      #expect(try guest.snapsh("domstate", guest.name).check().stdout.contains("shut off"))
      #expect(try guest.snapsh("dumpxml", guest.name, "--inactive").check().stdout == definition)
      #expect(try bench.leftovers() == [], "\(bench.said)")
      try bench.expectEveryTick()
    }
  }

  @Test("because the scratch directory fills up ends before the guest's own writes can fail")
  func scratchFillsUp() throws {
    let ballast = EmbeddedGuest.Disk("vdb", format: "raw")
    try EmbeddedGuest.with(disks: [EmbeddedGuest.Disk("vda"), ballast]) { guest in
      // More data than any pipe and queue takes, part of which the guest overwrites.
      try run([
        "dd", "if=/dev/urandom", "of=" + guest.imagePath(ballast), "bs=1M", "count=64", "conv=notrunc",
        "status=none",
      ]).check()
      try guest.startAndWaitForTicks(3)
      let bench = try FaultBench(guest, command: ["backup", guest.name])
      let pipe = guest.root + "/pipe"
      try run(["mkfifo", pipe]).check()
      let reader = open(pipe, O_RDWR | O_CLOEXEC)
      defer { close(reader) }
      // A reader that stands still: the backup lasts until the watch ends it.
      let scratch = guest.root + "/scratch"
      func files() -> [String] { (try? FileManager.default.subpathsOfDirectory(atPath: scratch)) ?? [] }
      let status = try bench.behind(into: pipe, fault: "scratch:\(800 << 10)") {
        for _ in 0..<3000 where !files().contains(where: { $0.hasSuffix(".scratch") }) { usleep(20_000) }
        for _ in 0..<6000 where files().contains(where: { $0.hasSuffix(".scratch") }) { usleep(20_000) }
        #expect(!files().contains { $0.hasSuffix(".scratch") })
        let drain = try BackgroundProcess(["dd", "if=" + pipe, "of=/dev/null", "bs=64k"])
        return drain
      }
      #expect(status == 1, "\(bench.said)")
      #expect(bench.said.contains("which takes what the guest overwrites meanwhile, has 6"), "\(bench.said)")
      #expect(bench.said.contains("name a directory with more room with --scratch"), "\(bench.said)")
      try bench.expectWhole(after: "a scratch directory that filled up")
      try Data(repeating: 1, count: 1 << 20).write(to: URL(fileURLWithPath: scratch + "/other"))
      let told = try bench.run(into: guest.root + "/x.vma", fault: "scratch:0")
      #expect(told.status == 1)
      #expect(told.stderr.contains("only 63 MiB are free for what the guest overwrites"), "\(told)")
      try guest.snapsh("destroy", guest.name).check()
      try bench.expectEveryTick(butOn: ballast.target)
    }
  }

  @Test("of a driver that saves no memory is refused in a sentence", arguments: ["cold-snapshot", "backup"])
  func otherDrivers(command: String) throws {
    let directory = try TemporaryDirectory()
    let memory = command == "backup" ? ["--memory"] : []
    let refused = try snapsh(
      ["-c", "test:///default", command, "test", "--output", directory.file("x.vma")] + memory)
    #expect(refused.status == 1)
    #expect(refused.stderr.contains("driver cannot save and restore a guest's memory"))
    #expect(directory.files == [])
  }
}
