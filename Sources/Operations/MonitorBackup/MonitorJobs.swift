import QMP

/// The backups of a QEMU's disks into NBD exports: their nodes, their jobs, and the end of both.
final class MonitorJobs {
  private let monitor: GuestMonitor
  private let disks: [MonitorDisk]
  private let prefix: String

  /// - Parameters:
  ///   - monitor: the guest's.
  ///   - disks: what is backed up.
  ///   - prefix: what the names of nodes and jobs begin with; nobody else's do.
  init(of monitor: GuestMonitor, disks: [MonitorDisk], prefix: String) {
    self.monitor = monitor
    self.disks = disks
    self.prefix = prefix
  }

  private func name(_ index: Int) -> String { "\(prefix)-\(index)" }

  /// Connects QEMU to the exports, each called as its disk is in the archive.
  ///
  /// - Throws: `QMPError`.
  func addNodes(socket: String) throws(QMPError) {
    for (index, disk) in disks.enumerated() {
      try monitor.execute(
        "blockdev-add",
        [
          "driver": "nbd", "node-name": .string(name(index)), "export": .string(disk.archiveName),
          "server": ["type": "unix", "path": .string(socket)],
        ])
    }
  }

  /// Begins all backups at one instant.
  ///
  /// - Throws: `QMPError`.
  func begin() throws(QMPError) {
    let actions = disks.enumerated().map { index, disk -> QMPValue in
      let backup: QMPValue = [
        "device": .string(disk.device), "target": .string(name(index)), "sync": "full",
        "job-id": .string(name(index)), "auto-dismiss": false,
      ]
      return ["type": "blockdev-backup", "data": backup]
    }
    // Grouped: where one fails the others end too.
    try monitor.execute(
      "transaction", ["actions": .array(actions), "properties": ["completion-mode": "grouped"]])
  }

  /// Waits until all backups have ended well.
  ///
  /// - Parameter check: throws when they are not wanted any more.
  /// - Throws: ``MonitorBackupError``, `QMPError`, what `check` throws.
  func wait(check: () throws -> Void) throws {
    while true {
      try check()
      let jobs = try jobs()
      let states = disks.indices.map { jobs[name($0)]?["status"]?.string }
      if let index = states.firstIndex(of: nil) {
        throw MonitorBackupError.backupGone(disk: disks[index].name)
      }
      if states.allSatisfy({ $0 == "concluded" }) {
        let failures = disks.enumerated().compactMap { index, disk in
          jobs[name(index)]?["error"]?.string.map {
            MonitorBackupError.backupFailed(disk: disk.name, reason: $0)
          }
        }
        // Those that were ended because of another are told of last.
        guard
          let failure = failures.first(where: { !"\($0)".hasSuffix("Operation canceled") }) ?? failures.first
        else { return }
        throw failure
      }
      try monitor.waitForEvent(200)
    }
  }

  /// Ends the backups that go on, and forgets all of them.
  ///
  /// - Throws: ``MonitorBackupError``, `QMPError`.
  func end() throws {
    var waited = 0
    while true {
      let jobs = try jobs()
      let ours = disks.indices.map(name).filter { jobs[$0] != nil }
      guard !ours.isEmpty else { return }
      for job in ours {
        let isConcluded = jobs[job]?["status"]?.string == "concluded"
        // One that ends by itself takes no more orders; the next look tells what became of it.
        do throws(QMPError) {
          if isConcluded {
            try monitor.execute("job-dismiss", ["id": .string(job)])
          } else if waited == 0 {
            try monitor.execute("block-job-cancel", ["device": .string(job), "force": true])
          }
        } catch {
          guard case .refused = error else { throw error }
        }
      }
      guard waited < 600 else { throw MonitorBackupError.doesNotEnd("the backup of the disks") }
      waited += 1
      try monitor.waitForEvent(100)
    }
  }

  /// Takes QEMU's connections to the exports away; those that are not there are no error.
  ///
  /// - Throws: `QMPError`.
  func removeNodes() throws(QMPError) {
    let nodes = Set(
      try monitor.execute("query-named-block-nodes", ["flat": true]).elements
        .compactMap { $0["node-name"]?.string })
    for node in disks.indices.map(name) where nodes.contains(node) {
      try monitor.execute("blockdev-del", ["node-name": .string(node)])
    }
  }

  private func jobs() throws(QMPError) -> [String: QMPValue] {
    Dictionary(
      try monitor.execute("query-jobs").elements.compactMap { job in job["id"]?.string.map { ($0, job) } }
    ) { first, _ in first }
  }
}
