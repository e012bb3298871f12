import Libvirt

extension DomainState {
  /// virsh's words for it.
  var text: String {
    switch self {
    case .noState: "no state"
    case .running: "running"
    case .blocked: "idle"
    case .paused: "paused"
    case .shutdown: "in shutdown"
    case .shutOff: "shut off"
    case .crashed: "crashed"
    case .pmSuspended: "pmsuspended"
    }
  }

  /// virsh's words for the reasons of this state, in the order of libvirt's numbers.
  private var reasons: [String] {
    switch self {
    case .running:
      [
        "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled",
        "save canceled", "event wakeup", "crashed", "post-copy", "post-copy failed",
      ]
    case .paused:
      [
        "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog", "from snapshot",
        "shutting down", "creating snapshot", "crashed", "starting up", "post-copy", "post-copy failed",
      ]
    case .shutdown: ["unknown", "user"]
    case .shutOff:
      [
        "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot",
        "daemon",
      ]
    case .crashed: ["unknown", "panicked"]
    case .noState, .blocked, .pmSuspended: ["unknown"]
    }
  }

  fileprivate func text(ofReason reason: Int32) -> String {
    guard let index = Int(exactly: reason), reasons.indices.contains(index) else { return "unknown" }
    return reasons[index]
  }
}

extension DomainStatus {
  /// virsh's words for why the domain is in its state.
  var reasonText: String { state.text(ofReason: reason) }
}
