import Foundation
import TestSupport
import Testing

/// A QEMU without libvirt whose backup fails, in every way that can be had.
@Suite("backup --qmp that fails")
struct MonitorBackupFaultTests {
  let bench: MonitorBench

  init() throws {
    bench = try MonitorBench()
  }

  @Test(
    "a failure at any step, Ctrl-C and a full disk leave the guest running as it was, and no write of its lost"
  )
  func faults() throws {
    let disks = try bench.makeDisks()
    let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "guest")
    try guest.waitForTicks(3)
    for step in 0...5 {
      for moment in ["before", "after"] {
        let archive = bench.directory.file("\(moment)-\(step).vma")
        let failed = try bench.backup(guest, to: archive, "--memory", fault: "\(moment):\(step):fail")
        #expect(failed.status == 1)
        #expect(failed.stderr.contains("a failure was ordered \(moment) step \(step)"), "\(failed.stderr)")
        #expect(!failed.stderr.contains("not all of it could be undone"), "\(failed.stderr)")
        try bench.expectWhole(guest, after: "\(moment):\(step)", archive: archive)
      }
    }
    let full = try bench.backup(guest, to: "/dev/full", "--memory")
    #expect(full.status == 1)
    #expect(full.stderr.contains("no space is left where it is written to"), "\(full.stderr)")
    try bench.expectWhole(guest, after: "a full disk")
    let unknown = try bench.backup(guest, to: bench.directory.file("x.vma"), "--disk", "disk7")
    #expect(unknown.stderr.contains("the guest has no disk 'disk7'; it has disk0, disk1"))
    try bench.expectWhole(guest, after: "an unknown disk", archive: bench.directory.file("x.vma"))

    // A reader that stands still holds the backup up; Ctrl-C frees the guest all the same.
    let stuck = bench.directory.file("stuck")
    try run(["mkfifo", stuck]).check()
    let reader = try RunningProgram(
      ["sh", "-c", "exec sleep 600 <\"$1\"", "sh", stuck], outputIn: bench.directory.path, name: "reader"
    )
    let backup = try RunningProgram(
      [
        "env", "XDG_STATE_HOME=\(bench.state)", snapshBinary, "backup", "--qmp", guest.freeMonitor,
        "--memory",
        "--output", stuck, "--scratch", bench.scratch,
      ], outputIn: bench.directory.path, name: "stuck-backup")
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
    try bench.expectWhole(guest, after: "Ctrl-C")

    try guest.quit()
    try bench.expectEveryTick(of: guest, on: disks)
    let gone = try bench.backup(guest, to: bench.directory.file("x.vma"))
    #expect(gone.stderr.contains("cannot connect to a QEMU at"))
  }

  @Test("refusals, failing jobs and a lost connection are told, and nothing is left in the guest")
  func refusals() throws {
    let disks = try bench.makeDisks()
    let guest = try BareGuest(disks: disks, in: bench.directory.path, name: "guest")
    try guest.waitForTicks(2)
    let archive = bench.directory.file("x.vma")
    func expectRefusal(_ options: String..., says sentence: String) throws {
      let made = try bench.backup(at: guest.freeMonitor, to: archive, options)
      #expect(made.status == 1)
      #expect(made.stderr.contains(sentence), "\(made.stderr)")
    }

    func setMultifd(_ state: Bool) throws {
      let capability: [String: Any] = ["capability": "multifd", "state": state]
      try guest.monitor.execute("migrate-set-capabilities", ["capabilities": [capability]])
    }
    try setMultifd(true)
    try expectRefusal("--memory", says: "the migration capability 'multifd' is on")
    try setMultifd(false)
    try bench.expectWhole(guest, after: "an unusable capability", archive: archive)

    // A node of this kind forbids migration: QEMU's own refusal.
    let folder = bench.directory.file("folder")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try guest.monitor.execute(
      "blockdev-add", ["driver": "vvfat", "node-name": "fat", "dir": folder, "rw": true])
    try expectRefusal("--memory", says: "QEMU refuses 'migrate': ")
    try guest.monitor.execute("blockdev-del", ["node-name": "fat"])
    try bench.expectWhole(guest, after: "a refused migration", archive: archive)

    // A node whose reads fail, named though no device has it.
    let image = try bench.directory.write(text: String(repeating: "x", count: 65536), to: "bad")
    let failing: [String: Any] = ["event": "none", "iotype": "read", "errno": 5]
    try guest.monitor.execute(
      "blockdev-add",
      [
        "driver": "blkdebug", "node-name": "bad", "image": ["driver": "file", "filename": image],
        "inject-error": [failing],
      ])
    try expectRefusal(
      "--disk", "disk0", "--disk", "bad", says: "QEMU could not back up disk 'bad': Input/output error")
    try guest.monitor.execute("blockdev-del", ["node-name": "bad"])
    try bench.expectWhole(guest, after: "a failed job", archive: archive)

    for moment in ["\"migrate\"", "\"transaction\"", "\"cont\""] {
      let proxy = try CuttingProxy(to: guest.freeMonitor, at: moment, in: bench.directory.path)
      let cut = try bench.backup(at: proxy.path, to: archive, ["--memory"])
      #expect(cut.status == 1)
      #expect(cut.stderr.contains("has closed its monitor's connection"), "\(cut.stderr)")
      #expect(!cut.stderr.contains("not all of it could be undone"), "\(cut.stderr)")
      try bench.expectWhole(guest, after: "a connection lost at \(moment)", archive: archive)
    }

    let orphan = try RunningProgram(
      [
        "env", "SNAPSH_FAULT=after:1:stop", "XDG_STATE_HOME=\(bench.state)", snapshBinary, "backup", "--qmp",
        guest.freeMonitor, "--output",
        archive, "--scratch", bench.scratch,
      ], outputIn: bench.directory.path, name: "orphan")
    for _ in 0..<6000 where !isStopped(orphan.processID) { usleep(10_000) }
    kill(guest.process, SIGKILL)
    kill(orphan.processID, SIGCONT)
    #expect(try orphan.waitForEnd() == 1)
    #expect(!orphan.error.contains("not all of it could be undone"), "\(orphan.error)")
    #expect(!FileManager.default.fileExists(atPath: archive))
    #expect(try bench.leftovers() == [])
  }

  /// Whether a process has stopped itself, as its third field in /proc says.
  private func isStopped(_ process: Int32) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.split(separator: " ").first == "T"
  }
}

/// A socket before another one, that ends the first connection when a word has come by, and serves the others to their end.
private final class CuttingProxy {
  let path: String
  private let program: RunningProgram

  init(to target: String, at word: String, in directory: String) throws {
    path = directory + "/proxy-\(word.filter(\.isLetter))"
    let script = """
      import socket, sys, threading
      path, target, word = sys.argv[1:]
      s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(); print('Ready', flush=True)
      first = True
      while True:
        c, _ = s.accept()
        q = socket.socket(socket.AF_UNIX); q.connect(target)
        def back(q=q, c=c):
          try:
            while d := q.recv(65536): c.sendall(d)
          except OSError: pass
          try: c.shutdown(socket.SHUT_RDWR)
          except OSError: pass
        t = threading.Thread(target=back, daemon=True); t.start()
        try:
          while d := c.recv(65536):
            q.sendall(d)
            if first and word.encode() in d: break
        except OSError: pass
        first = False
        q.shutdown(socket.SHUT_RDWR); t.join(); q.close(); c.close()
      """
    program = try RunningProgram(
      ["python3", "-c", script, path, target, word], outputIn: directory, name: "proxy")
    try program.waitForOutput("Ready\n")
  }
}
