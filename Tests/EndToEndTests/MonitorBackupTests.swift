import Foundation
import TestSupport
import Testing

/// Guests under a QEMU that no libvirt manages.
@Suite("backup --qmp")
struct MonitorBackupTests {
  let bench: MonitorBench

  init() throws {
    bench = try MonitorBench()
  }

  @Test("memory and disks are of one instant, from which a second QEMU goes on at the next tick")
  func memory() throws {
    let disks = try bench.makeDisks()
    let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "first")
    try guest.waitForTicks(4)
    let before = try #require(guest.ticks.last)
    let archive = bench.directory.file("backup.vma")
    // Twice: what the first one has left of a migration and of nodes is nothing in the way of the second.
    try bench.backup(guest, to: bench.directory.file("earlier.vma"), "--memory").check()
    try guest.waitForTicks(before + 1)
    let made = try bench.backup(guest, to: archive, "--memory", "--json").check()
    #expect(made.stdout.contains(#""domain":"first""#))
    #expect(made.stdout.contains(#""consistency":"memory""#))
    let after = try #require(guest.ticks.last)
    try bench.expectWhole(guest, after: "a backup")
    try guest.quit()
    try bench.expectEveryTick(of: guest, on: disks)

    try snapsh(["vma", "verify", archive]).check()
    let list = try snapsh(["archive", "list", archive]).check()
    #expect(list.stdout.contains("first") && list.stdout.contains("memory"))
    let out = bench.directory.file("out")
    try snapsh(["vma", "extract", archive, out]).check()
    let copies = ["disk0", "disk1"].map { "\(out)/disk-drive-\($0).raw" }
    let records = try TickRecords(rawImage: copies[0], disk: "vda")
    let instant = records.latest
    let second = try BareGuest(
      disks: copies, in: bench.directory.path, name: "second", incoming: "\(out)/vmstate.bin")
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
    let disks = try bench.makeDisks()
    let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "guest")
    try guest.waitForTicks(3)
    let dry = try bench.backup(guest, to: bench.directory.file("x"), "--memory", "--dry-run").check()
    #expect(
      dry.stdout == """
        1. migrate the memory into the archive
        2. connect QEMU to the archive's disks
        3. begin the backup of disk0, disk1 in one transaction
        4. let the guest go on
        5. write the archive '\(bench.directory.file("x"))'
        6. end the backup of disk0, disk1, and take QEMU's connections away

        """)
    let archive = bench.directory.file("disks.vma.zst")
    let made = try bench.backup(guest, to: archive, "--compress", "zstd:1").check()
    #expect(made.stdout.hasPrefix("Domain 'guest': 2 disks as of "))
    try bench.expectWhole(guest, after: "a backup of disks")

    // Paused, so that what the disks hold can be compared.
    try guest.monitor.execute("stop")
    for (index, disk) in disks.enumerated() {
      try run(["cp", "--sparse=always", disk, bench.directory.file("instant\(index).raw")]).check()
    }
    let script = """
      "$1" backup --qmp "$2" --exclude disk1 --output - --scratch "$4" >"$3"
      """
    let piped = bench.directory.file("piped.vma")
    try run(["sh", "-c", script, "sh", snapshBinary, guest.freeMonitor, piped, bench.scratch]).check()
    let one = bench.directory.file("one.vma")
    try bench.backup(guest, to: one, "--disk", "disk1", "--memory").check()
    let status = try guest.monitor.execute("query-status") as? [String: Any]
    #expect(status?["running"] as? Bool == false)
    try guest.monitor.execute("cont")
    try bench.expectWhole(guest, after: "backups of a guest that was paused")
    try guest.quit()
    try bench.expectEveryTick(of: guest, on: disks)
    for (archive, index) in [(piped, 0), (one, 1)] {
      let out = bench.directory.file("out\(index)")
      try snapsh(["vma", "verify", archive]).check()
      try snapsh(["vma", "extract", archive, out]).check()
      try run(["cmp", "\(out)/disk-drive-disk\(index).raw", bench.directory.file("instant\(index).raw")])
        .check()
    }
    try snapsh(["vma", "verify", archive]).check()
  }
}
