import Foundation
import TestSupport
import Testing

/// Disks fetched over TCP, as from a guest of another host; here it is the loopback address of this one.
@Suite("backup --nbd-address")
struct NetworkBackupTests {
  private static let disks = [
    EmbeddedGuest.Disk("vda"), EmbeddedGuest.Disk("vdb", format: "raw"),
  ]

  private func freePort() throws -> Int {
    let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    return try #require(
      Int(
        try run(["python3", "-c", script]).check().stdout.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private func leftovers(of guest: EmbeddedGuest) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: guest.root).filter {
      $0.contains("snapsh-") || $0.hasSuffix(".scratch") || $0.hasSuffix(".partial")
    }
  }

  @Test("brings a running guest's disks, leaves nothing on its host, and says what does not come that way")
  func overLoopback() throws {
    try EmbeddedGuest.with(disks: Self.disks) { guest in
      let archive = guest.root + "/guest.vma"
      let address = "127.0.0.1:\(try freePort())"
      let off = try guest.snapsh("backup", guest.name, "-o", archive, "--nbd-address", address)
      #expect(off.stderr.contains("is not running, so no QEMU serves its disks; leave --nbd-address out"))
      try guest.startAndWaitForTicks(3)
      let before = try #require(guest.ticks.last)

      // An address that is taken: the guest's QEMU cannot listen there.
      let script = """
        import socket, sys
        s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
        print(s.getsockname()[1], flush=True); sys.stdin.read(); s.accept()
        """
      let holder = try RunningProgram(["python3", "-c", script], outputIn: guest.root, name: "holder")
      try holder.waitForOutput("\n")
      let taken = "127.0.0.1:" + holder.output.trimmingCharacters(in: .whitespacesAndNewlines)
      let busy = try guest.snapsh("backup", guest.name, "-o", archive, "--nbd-address", taken)
      #expect(busy.status == 1)
      #expect(busy.stderr.contains("could not begin a backup job of vda, vdb"), "\(busy.stderr)")
      #expect(try leftovers(of: guest) == [])

      try guest.snapsh("backup", guest.name, "-o", archive, "--nbd-address", address).check()
      #expect(try guest.snapsh("domjobinfo", guest.name).check().stdout.contains("None"))
      #expect(try leftovers(of: guest) == [])
      try guest.waitForTicks(1)
      try snapsh(["vma", "verify", archive]).check()
      let out = guest.root + "/out"
      try snapsh(["vma", "extract", archive, out]).check()
      for disk in Self.disks {
        let records = try TickRecords(rawImage: "\(out)/disk-drive-\(disk.target).raw", disk: disk.target)
        #expect(records.latest >= before - 1)
        #expect(records.missing(upTo: records.latest) == [])
        #expect(records.damaged == [])
      }

      // A process that dies leaves the job to doctor.
      let killed = try snapsh(
        [
          "-c", guest.uri, "backup", guest.name, "-o", guest.root + "/killed.vma", "--nbd-address", address,
          "--scratch", guest.root + "/disks",
        ], environment: ["SNAPSH_FAULT": "after:0:kill", "XDG_STATE_HOME": guest.root + "/state"])
      #expect(killed.signal == SIGKILL)
      #expect(!guest.snapshText("domjobinfo", guest.name).contains("None"))
      try guest.snapsh("doctor", guest.name, "--fix").check()
      #expect(guest.snapshText("domjobinfo", guest.name).contains("None"))
      #expect(try leftovers(of: guest) == [])
      #expect(!FileManager.default.fileExists(atPath: guest.root + "/killed.vma"))
      try guest.waitForTicks(1)
      #expect(guest.ticks == Array(1...(try #require(guest.ticks.last))))
    }
  }
}

extension EmbeddedGuest {
  /// What a command prints; nothing where it fails.
  fileprivate func snapshText(_ arguments: String...) -> String {
    (try? TestSupport.snapsh(["-c", uri] + arguments).stdout) ?? ""
  }
}
