import QMP

/// The memory of a QEMU on its way into a socket, and what is changed in the QEMU for it.
///
/// The guest stands still once all has gone, so that its disks can be had of the same instant.
final class MemoryMigration {
  /// Capabilities with which several streams are sent, or one that needs an answer.
  private static let unusable: Set<String> = [
    "multifd", "postcopy-ram", "postcopy-preempt", "background-snapshot", "x-colo", "pause-before-switchover",
    "mapped-ram", "return-path", "compress", "rdma-pin-all",
  ]
  /// Passes over the memory after which a guest that writes faster than is sent is stopped for the rest.
  private static let patientPasses: Int64 = 8

  /// What is changed of a QEMU's settings for the migration, as it was before.
  struct Settings: Codable, Equatable {
    /// Bytes a second at most; nil where QEMU does not say.
    var bandwidth: Int64?
    /// Whether it tells of a migration's state by events.
    var tellsEvents: Bool

    /// - Throws: `QMPError`.
    init(of monitor: GuestMonitor) throws(QMPError) {
      bandwidth = try monitor.execute("query-migrate-parameters")["max-bandwidth"]?.integer
      tellsEvents = try monitor.execute("query-migrate-capabilities").elements
        .contains { $0["capability"] == "events" && $0["state"] == true }
    }
  }

  private let monitor: GuestMonitor
  private let wasRunning: Bool
  private let settings: Settings
  private let check: () throws -> Void

  /// - Parameters:
  ///   - monitor: the guest's.
  ///   - wasRunning: whether it runs, and is to run again when this is taken back.
  ///   - settings: what is put back in the end.
  ///   - check: throws when the memory is not wanted any more.
  init(
    of monitor: GuestMonitor, wasRunning: Bool, settings: Settings, check: @escaping () throws -> Void
  ) {
    self.monitor = monitor
    self.wasRunning = wasRunning
    self.settings = settings
    self.check = check
  }

  /// Makes sure that the memory can be sent.
  ///
  /// - Throws: ``MonitorBackupError``, `QMPError`.
  static func requirePossible(at monitor: GuestMonitor, status: String) throws {
    guard ["running", "paused", "prelaunch"].contains(status) else {
      throw MonitorBackupError.notMigratable(status: status)
    }
    let migration = try monitor.execute("query-migrate")["status"]?.string ?? "none"
    guard ended.contains(migration) else { throw MonitorBackupError.migrating(status: migration) }
    let capabilities = try monitor.execute("query-migrate-capabilities").elements
    let used = capabilities.filter { $0["state"]?.boolean == true }.compactMap { $0["capability"]?.string }
    if let name = used.first(where: unusable.contains) { throw MonitorBackupError.capability(name) }
  }

  private static let ended: Set<String> = ["none", "completed", "failed", "cancelled"]

  /// Sends the memory, and returns when all of it has gone; the guest stands still then.
  ///
  /// - Throws: ``MonitorBackupError``, `QMPError`, what `check` throws.
  func run(to socket: String) throws {
    if !settings.tellsEvents { try tellEvents(true) }
    // The socket leads nowhere but into this process.
    try monitor.execute("migrate-set-parameters", ["max-bandwidth": .integer((.max >> 20) << 20)])
    try monitor.execute("migrate", ["uri": .string("unix:\(socket)")])
    var isStopped = !wasRunning
    while true {
      try check()
      let answer = try monitor.execute("query-migrate")
      switch answer["status"]?.string ?? "none" {
      case "completed":
        try waitForFinalState()
        try activateDisks()
        try restoreSettings()
        return
      case "failed", "none":
        throw MonitorBackupError.migrationFailed(
          reason: answer["error-desc"]?.string ?? "QEMU does not say why; its own output may")
      case "cancelled", "cancelling": throw MonitorBackupError.migrationCancelled
      default: break
      }
      if !isStopped, answer["ram"]?["dirty-sync-count"]?.integer ?? 0 > Self.patientPasses {
        try monitor.execute("stop")
        isStopped = true
      }
      try monitor.waitForEvent(100)
    }
  }

  /// Ends a migration that goes on, and lets the guest run if it ran.
  ///
  /// - Throws: ``MonitorBackupError``, `QMPError`.
  func takeBack() throws {
    var waited = 0
    while let status = try monitor.execute("query-migrate")["status"]?.string, !Self.ended.contains(status) {
      if waited == 0 { try monitor.execute("migrate_cancel") }
      guard waited < 600 else { throw MonitorBackupError.doesNotEnd("the migration of the memory") }
      waited += 1
      try monitor.waitForEvent(100)
    }
    try waitForFinalState()
    try restoreSettings()
    // In another state it stands still for a reason of its own.
    let states = ["paused", "postmigrate"]
    guard wasRunning, let state = try monitor.execute("query-status")["status"]?.string,
      states.contains(state)
    else { return }
    try monitor.execute("cont")
  }

  /// Takes back the disks, which a migration leaves to its other end: on one that is inactive no backup begins since
  /// QEMU 10.0, which brought the command for it.
  private func activateDisks() throws(QMPError) {
    let command = "blockdev-set-active"
    guard try monitor.execute("query-commands").elements.contains(where: { $0["name"]?.string == command })
    else {
      return
    }
    try monitor.execute(command, ["active": true])
  }

  /// Waits for the end of the guest's state between a migration's last byte and its end, in which QEMU refuses `cont`.
  private func waitForFinalState() throws {
    for _ in 0..<600 {
      guard try monitor.execute("query-status")["status"] == "finish-migrate" else { return }
      try monitor.waitForEvent(100)
    }
    throw MonitorBackupError.doesNotEnd("the migration of the memory")
  }

  /// Puts back what was changed of the QEMU's settings.
  private func restoreSettings() throws(QMPError) {
    if let bandwidth = settings.bandwidth {
      try monitor.execute("migrate-set-parameters", ["max-bandwidth": .integer(bandwidth)])
    }
    if !settings.tellsEvents { try tellEvents(false) }
  }

  private func tellEvents(_ state: Bool) throws(QMPError) {
    try monitor.execute(
      "migrate-set-capabilities", ["capabilities": [["capability": "events", "state": .boolean(state)]]])
  }
}
