/// The states of a domain (`virDomainState`).
public enum DomainState: Int32, Sendable, CaseIterable {
  /// The driver cannot say.
  case noState = 0
  /// Running.
  case running = 1
  /// Waiting for a resource.
  case blocked = 2
  /// Its processors stand still.
  case paused = 3
  /// Shutting down.
  case shutdown = 4
  /// Not running.
  case shutOff = 5
  /// Crashed, its process kept.
  case crashed = 6
  /// Suspended by its own power management.
  case pmSuspended = 7

  /// The word for it in `<domainsnapshot>` documents, also used in our JSON.
  public var name: String {
    switch self {
    case .noState: "nostate"
    case .running: "running"
    case .blocked: "blocked"
    case .paused: "paused"
    case .shutdown: "shutdown"
    case .shutOff: "shutoff"
    case .crashed: "crashed"
    case .pmSuspended: "pmsuspended"
    }
  }
}

/// A domain's state, and libvirt's number for why it is in it.
///
/// The number's meaning depends on the state: `virDomainRunningReason`, `virDomainPausedReason` and so on.
public struct DomainStatus: Equatable, Sendable {
  /// The state.
  public let state: DomainState
  /// The reason; 0 is always "unknown".
  public let reason: Int32

  /// Puts the two together.
  public init(state: DomainState, reason: Int32) {
    self.state = state
    self.reason = reason
  }
}

/// Which of a domain's two configurations a call means (`virDomainModificationImpact`).
public struct DomainPart: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The running one of a running domain, else the persistent one (`VIR_DOMAIN_AFFECT_CURRENT`, 0.9.2).
  public static let inForce: DomainPart = []
  /// The running one (`VIR_DOMAIN_AFFECT_LIVE`, 0.9.2).
  public static let live = DomainPart(rawValue: 1 << 0)
  /// The persistent one (`VIR_DOMAIN_AFFECT_CONFIG`, 0.9.2).
  public static let configuration = DomainPart(rawValue: 1 << 1)
}
