import Foundation
import TestSupport
import Testing

/// Guests under a QEMU that no libvirt manages.
@Suite("backup --qmp")
struct MonitorBackupTests {
  private static let size = 64 << 20
  let directory: TemporaryDirectory
  let scratch: String

  init() throws {
    directory = try TemporaryDirectory()
    scratch = directory.file("scratch")
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  /// Two empty disks of 64 MiB.
  private func makeDisks() throws -> [String] {
    try ["disk0.raw", "disk1.raw"].map { name in
      try run(["truncate", "-s", "\(Self.size)", directory.file(name)]).check()
      return directory.file(name)
    }
  }

  private func backup(
    _ guest: BareGuest, to archive: String, _ options: String..., fault: String? = nil
  ) throws -> ProcessResult {
    try snapsh(
      ["backup", "--qmp", guest.freeMonitor, "--output", archive, "--scratch", scratch] + options,
      environment: ["SNAPSH_FAULT": fault])
  }

  /// The guest runs on its own disks, and nothing of ours is left in its QEMU or on the disk.
  private func expectWhole(_ guest: BareGuest, after fault: String, archive: String? = nil) throws {
    let status = try guest.monitor.execute("query-status") as? [String: Any]
    #expect(status?["status"] as? String == "running", "after \(fault)")
    #expect((try guest.monitor.execute("query-jobs") as? [Any])?.count == 0, "after \(fault)")
    let nodes = try guest.monitor.execute("query-named-block-nodes") as? [[String: Any]] ?? []
    let names = nodes.compactMap { $0["node-name"] as? String }.filter { !$0.hasPrefix("#") }
    #expect(names.sorted() == ["disk0", "disk1"], "after \(fault)")
    let capabilities =
      try guest.monitor.execute("query-migrate-capabilities") as? [[String: Any]] ?? []
    let events = capabilities.first { $0["capability"] as? String == "events" }
    #expect(events?["state"] as? Bool == false, "after \(fault)")
    let parameters = try guest.monitor.execute("query-migrate-parameters") as? [String: Any]
    #expect(parameters?["max-bandwidth"] as? Int == 128 << 20, "after \(fault)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [], "after \(fault)")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(!files.contains { $0.hasSuffix(".partial") }, "after \(fault)")
    if let archive { #expect(!FileManager.default.fileExists(atPath: archive), "after \(fault)") }
    let ticks = guest.ticks.count
    try guest.waitForTicks(ticks + 1)
  }

  /// Every tick that the guest has announced is on both disks: no write of its has failed.
  private func expectEveryTick(of guest: BareGuest, on disks: [String]) throws {
    let last = try #require(guest.ticks.last)
    #expect(guest.ticks == Array(1...last))
    for (disk, target) in zip(disks, ["vda", "vdb"]) {
      let records = try TickRecords(rawImage: disk, disk: target)
      #expect(records.missing(upTo: last) == [])
      #expect(records.damaged == [])
    }
  }

  @Test("memory and disks are of one instant, from which a second QEMU goes on at the next tick")
  func memory() throws {
    let disks = try makeDisks()
    let guest = try BareGuest(disks: disks, in: directory.path, name: "first")
    try guest.waitForTicks(4)
    let before = try #require(guest.ticks.last)
    let archive = directory.file("backup.vma")
    // Twice: what the first one has left of a migration and of nodes is nothing in the way of the second.
    try backup(guest, to: directory.file("earlier.vma"), "--memory").check()
    try guest.waitForTicks(before + 1)
    let made = try backup(guest, to: archive, "--memory", "--json").check()
    #expect(made.stdout.contains(#""domain":"first""#))
    #expect(made.stdout.contains(#""consistency":"memory""#))
    let after = try #require(guest.ticks.last)
    try expectWhole(guest, after: "a backup")
    try guest.quit()
    try expectEveryTick(of: guest, on: disks)

    try snapsh(["vma", "verify", archive]).check()
    let list = try snapsh(["archive", "list", archive]).check()
    #expect(list.stdout.contains("first") && list.stdout.contains("memory"))
    let out = directory.file("out")
    try snapsh(["vma", "extract", archive, out]).check()
    let copies = ["disk0", "disk1"].map { "\(out)/disk-drive-\($0).raw" }
    let records = try TickRecords(rawImage: copies[0], disk: "vda")
    let instant = records.latest
    let second = try BareGuest(
      disks: copies, in: directory.path, name: "second", incoming: "\(out)/vmstate.bin")
    try second.monitor.wait(for: "query-status") { answer in
      ["running", "paused"].contains((answer as? [String: Any])?["status"] as? String)
    }
    try second.monitor.execute("cont")
    try second.waitForTicks(2)
    let first = try #require(second.ticks.first)
    // The record of a tick is on both disks before the tick is announced.
    #expect([instant, instant + 1].contains(first))
    #expect(first > before && first <= after + 1)
    #expect(second.ticks == Array(first..<first + second.ticks.count))
    try second.quit()
    for (disk, target) in zip(copies, ["vda", "vdb"]) {
      let records = try TickRecords(rawImage: disk, disk: target)
      #expect(records.missing(upTo: first + 1) == [])
      #expect(records.damaged == [])
    }
  }

  @Test(
    "disks alone: all of them or the chosen ones, compressed, to a pipe, while the guest runs or is paused")
  func disks() throws {
    let disks = try makeDisks()
    let guest = try BareGuest(disks: disks, in: directory.path, name: "guest")
    try guest.waitForTicks(3)
    let dry = try backup(guest, to: directory.file("x"), "--memory", "--dry-run").check()
    #expect(
      dry.stdout == """
        1. migrate the memory into the archive
        2. connect QEMU to the archive's disks
        3. begin the backup of disk0, disk1 in one transaction
        4. let the guest go on
        5. write the archive '\(directory.file("x"))'
        6. end the backup of disk0, disk1, and take QEMU's connections away

        """)
    let archive = directory.file("disks.vma.zst")
    let made = try backup(guest, to: archive, "--compress", "zstd:1").check()
    #expect(made.stdout.hasPrefix("Domain 'guest': 2 disks as of "))
    try expectWhole(guest, after: "a backup of disks")

    // Paused, so that what the disks hold can be compared.
    try guest.monitor.execute("stop")
    for (index, disk) in disks.enumerated() {
      try run(["cp", "--sparse=always", disk, directory.file("instant\(index).raw")]).check()
    }
    let script = """
      "$1" backup --qmp "$2" --exclude disk1 --output - --scratch "$4" >"$3"
      """
    let piped = directory.file("piped.vma")
    try run(["sh", "-c", script, "sh", snapshBinary, guest.freeMonitor, piped, scratch]).check()
    let one = directory.file("one.vma")
    try backup(guest, to: one, "--disk", "disk1", "--memory").check()
    let status = try guest.monitor.execute("query-status") as? [String: Any]
    #expect(status?["running"] as? Bool == false)
    try guest.monitor.execute("cont")
    try expectWhole(guest, after: "backups of a guest that was paused")
    try guest.quit()
    try expectEveryTick(of: guest, on: disks)
    for (archive, index) in [(piped, 0), (one, 1)] {
      let out = directory.file("out\(index)")
      try snapsh(["vma", "verify", archive]).check()
      try snapsh(["vma", "extract", archive, out]).check()
      try run(["cmp", "\(out)/disk-drive-disk\(index).raw", directory.file("instant\(index).raw")]).check()
    }
    try snapsh(["vma", "verify", archive]).check()
  }

  @Test(
    "a failure at any step, Ctrl-C and a full disk leave the guest running as it was, and no write of its lost"
  )
  func faults() throws {
    let disks = try makeDisks()
    let guest = try BareGuest(disks: disks, in: directory.path, name: "guest")
    try guest.waitForTicks(3)
    for step in 0...5 {
      for moment in ["before", "after"] {
        let archive = directory.file("\(moment)-\(step).vma")
        let failed = try backup(guest, to: archive, "--memory", fault: "\(moment):\(step):fail")
        #expect(failed.status == 1)
        #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"), "\(failed.stderr)")
        #expect(!failed.stderr.contains("not all of it could be undone"), "\(failed.stderr)")
        try expectWhole(guest, after: "\(moment):\(step)", archive: archive)
      }
    }
    let full = try backup(guest, to: "/dev/full", "--memory")
    #expect(full.status == 1)
    #expect(full.stderr.contains("no space is left where it is written to"), "\(full.stderr)")
    try expectWhole(guest, after: "a full disk")
    let unknown = try backup(guest, to: directory.file("x.vma"), "--disk", "disk7")
    #expect(unknown.stderr.contains("the guest has no disk 'disk7'; it has disk0, disk1"))
    try expectWhole(guest, after: "an unknown disk", archive: directory.file("x.vma"))

    // A reader that stands still holds the backup up; Ctrl-C frees the guest all the same.
    let stuck = directory.file("stuck")
    try run(["mkfifo", stuck]).check()
    let reader = try RunningProgram(
      ["sh", "-c", "exec 3<\"$1\"; read -r line", "sh", stuck], outputIn: directory.path, name: "reader")
    let backup = try RunningProgram(
      [
        snapshBinary, "backup", "--qmp", guest.freeMonitor, "--memory", "--output", stuck, "--scratch",
        scratch,
      ], outputIn: directory.path, name: "stuck-backup")
    try guest.monitor.wait(for: "query-migrate") { answer in
      let migration = answer as? [String: Any]
      let memory = migration?["ram"] as? [String: Any]
      return migration?["status"] as? String == "active" && memory?["transferred"] as? Int ?? 0 > 1 << 20
    }
    kill(backup.processID, SIGINT)
    try guest.monitor.wait(for: "query-migrate") { answer in
      (answer as? [String: Any])?["status"] as? String != "active"
    }
    kill(reader.processID, SIGKILL)
    #expect(try backup.waitForEnd() == 130, "\(backup.error)")
    try expectWhole(guest, after: "Ctrl-C")

    try guest.quit()
    try expectEveryTick(of: guest, on: disks)
    let gone = try snapsh(["backup", "--qmp", guest.freeMonitor, "--output", directory.file("x.vma")])
    #expect(gone.stderr.contains("cannot connect to a QEMU at"))
  }
}
