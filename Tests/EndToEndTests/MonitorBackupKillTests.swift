import Foundation
import TestSupport
import Testing

/// Backups of a QEMU without libvirt whose process is killed, and what the doctor makes of it.
@Suite("backup --qmp that is killed")
struct MonitorBackupKillTests {
  let bench: MonitorBench

  init() throws {
    bench = try MonitorBench()
  }

  @Test(
    "before or after any step is taken back by the doctor: the guest goes on, and nothing is left in its QEMU or on disk"
  )
  func killed() throws {
    let disks = try bench.makeDisks()
    let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "guest")
    try guest.waitForTicks(3)
    let archive = bench.directory.file("x.vma")
    for (memory, last) in [(true, 5), (false, 3)] {
      let options = memory ? ["--memory"] : []
      for step in 0...last {
        for moment in ["before", "after"] {
          let fault = "\(moment):\(step)" + (memory ? " with memory" : "")
          let killed = try bench.backup(
            at: guest.freeMonitor, to: archive, options, fault: "\(moment):\(step):kill")
          #expect(killed.signal == SIGKILL, "\(fault): \(killed)")
          let told = try bench.doctor()
          #expect(told.status == 2, "\(fault): \(told)")
          #expect(
            told.stdout.contains("guest: a backup of the QEMU at '\(guest.freeMonitor)' was interrupted"),
            "\(fault): \(told)")
          // From the migration's end until the jobs have begun it stands still.
          if memory, [1, 2].contains(step) {
            #expect(told.stdout.contains("the guest stands still (postmigrate)"), "\(fault): \(told)")
            #expect(told.stdout.contains("let the guest go on"), "\(fault): \(told)")
          }
          let mended = try bench.doctor("--fix")
          #expect(mended.status == 0, "\(fault): \(mended)")
          #expect(mended.stdout.contains("done: take the monitor-backup back"), "\(fault): \(mended)")
          try bench.expectWhole(guest, after: fault, archive: archive)
        }
      }
    }

    // Another backup waits until the first one is mended, which needs no libvirt.
    #expect(try bench.backup(at: guest.freeMonitor, to: archive, [], fault: "after:1:kill").signal == SIGKILL)
    let refused = try bench.backup(guest, to: archive)
    #expect(refused.status == 1)
    #expect(
      refused.stderr.contains("an earlier monitor-backup on domain 'guest' was interrupted"), "\(refused)")
    let nowhere = "qemu:///embed?root=/proc/nowhere"
    let dry = try bench.doctor("--fix", "--dry-run", uri: nowhere)
    #expect(dry.status == 2, "\(dry)")
    #expect(dry.stderr.contains("libvirt's guests are not looked at"), "\(dry)")
    #expect(dry.stdout.contains("--fix would: end its work in QEMU, and remove"), "\(dry)")
    #expect(dry.stdout.contains("not to be undone: the backup can be made again"), "\(dry)")
    #expect(try bench.doctor("guest", "--fix", uri: nowhere).status == 0)
    try bench.expectWhole(guest, after: "a mending without libvirt")
    #expect(try bench.doctor(uri: nowhere).status == 1)
    try bench.backup(guest, to: archive, "--memory").check()
    try bench.expectWhole(guest, after: "a backup after all that")

    // Whoever paused the guest after it had gone on wants it paused.
    let other = bench.directory.file("y.vma")
    let late = try bench.backup(guest, to: other, "--memory", fault: "after:4:kill")
    #expect(late.signal == SIGKILL)
    try guest.monitor.execute("stop")
    #expect(try bench.doctor("--fix").status == 0)
    let status = try guest.monitor.execute("query-status") as? [String: Any]
    #expect(status?["status"] as? String == "paused")
    try guest.monitor.execute("cont")
    try bench.expectWhole(guest, after: "a pause of somebody else's", archive: other)
    try guest.quit()
    try bench.expectEveryTick(of: guest, on: disks)
  }

  @Test(
    "together with its QEMU leaves files alone to be removed, and another QEMU at the socket is not touched")
  func killedWithQEMU() throws {
    let disks = try bench.makeDisks()
    let archive = bench.directory.file("x.vma")
    for isReplaced in [false, true] {
      let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "guest")
      let killed = try bench.backup(guest, to: archive, "--memory", fault: "after:2:kill")
      #expect(killed.signal == SIGKILL, "\(killed)")
      kill(guest.process, SIGKILL)
      // Its socket is free when its process is gone.
      for _ in 0..<3000 where kill(guest.process, 0) == 0 && !isDead(guest.process) { usleep(10_000) }
      let next = isReplaced ? try BareGuest(disks: disks, in: bench.directory.path, name: "guest") : nil
      try next?.monitor.execute("stop")
      let told = try bench.doctor()
      #expect(told.status == 2, "\(told)")
      #expect(told.stdout.contains("its QEMU is gone"), "\(told)")
      #expect(told.stdout.contains("--fix would: remove what is left of its files"), "\(told)")
      let mended = try bench.doctor("--fix")
      #expect(mended.status == 0, "\(mended)")
      #expect(!mended.stdout.contains("migration"), "\(mended)")
      #expect(try bench.leftovers() == [])
      #expect(!FileManager.default.fileExists(atPath: archive))
      guard let next else { continue }
      let status = try next.monitor.execute("query-status") as? [String: Any]
      #expect(status?["status"] as? String == "paused")
      try next.quit()
    }
  }

  private func isDead(_ process: Int32) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    return text.isEmpty || text.split(separator: ")").last?.split(separator: " ").first == "Z"
  }
}
