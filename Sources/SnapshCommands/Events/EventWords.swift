import Libvirt

extension DomainEvent.Kind {
  /// virsh's word for it.
  var word: String {
    switch self {
    case .lifecycle: "lifecycle"
    case .reboot: "reboot"
    case .rtcChange: "rtc-change"
    case .watchdog: "watchdog"
    case .ioError: "io-error"
    case .graphics: "graphics"
    case .ioErrorReason: "io-error-reason"
    case .controlError: "control-error"
    case .blockJob: "block-job"
    case .diskChange: "disk-change"
    case .trayChange: "tray-change"
    case .pmWakeup: "pm-wakeup"
    case .pmSuspend: "pm-suspend"
    case .balloonChange: "balloon-change"
    case .pmSuspendDisk: "pm-suspend-disk"
    case .deviceRemoved: "device-removed"
    case .blockJob2: "block-job-2"
    case .tunable: "tunable"
    case .agentLifecycle: "agent-lifecycle"
    case .deviceAdded: "device-added"
    case .migrationIteration: "migration-iteration"
    case .jobCompleted: "job-completed"
    case .deviceRemovalFailed: "device-removal-failed"
    case .metadataChange: "metadata-change"
    case .blockThreshold: "block-threshold"
    case .memoryFailure: "memory-failure"
    case .memoryDeviceSizeChange: "memory-device-size-change"
    }
  }
}

/// virsh's words for the numbers of libvirt's enumerations, in the order of the numbers.
enum EventWords {
  /// The word for a number, in the table's place for it.
  static func word(_ number: Int32, in table: [String], otherwise: String = "unknown") -> String {
    guard let index = Int(exactly: number), table.indices.contains(index) else { return otherwise }
    return table[index]
  }

  static let lifecycle: [(event: String, details: [String])] = [
    ("Defined", ["Added", "Updated", "Renamed", "Snapshot"]),
    ("Undefined", ["Removed", "Renamed"]),
    ("Started", ["Booted", "Migrated", "Restored", "Snapshot", "Event wakeup"]),
    (
      "Suspended",
      [
        "Paused", "Migrated", "I/O Error", "Watchdog", "Restored", "Snapshot", "API error", "Post-copy",
        "Post-copy Error",
      ]
    ),
    ("Resumed", ["Unpaused", "Migrated", "Snapshot", "Post-copy", "Post-copy Error"]),
    ("Stopped", ["Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed", "Snapshot"]),
    ("Shutdown", ["Finished", "Finished after guest request", "Finished after host request"]),
    ("PMSuspended", ["Memory", "Disk"]),
    ("Crashed", ["Panicked", "Crashloaded"]),
  ]

  static let watchdogActions = ["none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi"]
  static let ioErrorActions = ["none", "pause", "report"]
  static let graphicsPhases = ["connect", "initialize", "disconnect"]
  static let addressFamilies = ["IPv4", "IPv6", "unix"]
  static let diskChangeReasons = ["changed", "dropped"]
  static let trayChangeReasons = ["opened", "closed"]
  static let agentStates = ["unknown", "connected", "disconnected"]
  static let agentReasons = ["unknown", "domain started", "channel event"]
  static let metadataTypes = ["description", "title", "element"]
  static let memoryFailureRecipients = ["hypervisor", "guest"]
  static let memoryFailureActions = ["ignore", "inject", "fatal", "reset"]
  static let blockJobTypes = [
    "unknown", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup",
  ]
  static let blockJobStatuses = ["completed", "failed", "canceled", "ready"]
}
