/// Which domains a list is to hold (`virConnectListAllDomainsFlags`, 0.9.13).
///
/// Bits of one pair or group widen the list, bits of different groups narrow it; no bit of a group is all of it.
public struct DomainListFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Running or paused (`VIR_CONNECT_LIST_DOMAINS_ACTIVE`, 0.9.13).
  public static let active = DomainListFlags(rawValue: 1 << 0)
  /// Not running (`VIR_CONNECT_LIST_DOMAINS_INACTIVE`, 0.9.13).
  public static let inactive = DomainListFlags(rawValue: 1 << 1)
  /// Defined (`VIR_CONNECT_LIST_DOMAINS_PERSISTENT`, 0.9.13).
  public static let persistent = DomainListFlags(rawValue: 1 << 2)
  /// Gone when they stop (`VIR_CONNECT_LIST_DOMAINS_TRANSIENT`, 0.9.13).
  public static let transient = DomainListFlags(rawValue: 1 << 3)
  /// In the state running (`VIR_CONNECT_LIST_DOMAINS_RUNNING`, 0.9.13).
  public static let running = DomainListFlags(rawValue: 1 << 4)
  /// In the state paused (`VIR_CONNECT_LIST_DOMAINS_PAUSED`, 0.9.13).
  public static let paused = DomainListFlags(rawValue: 1 << 5)
  /// In the state shut off (`VIR_CONNECT_LIST_DOMAINS_SHUTOFF`, 0.9.13).
  public static let shutOff = DomainListFlags(rawValue: 1 << 6)
  /// In any other state (`VIR_CONNECT_LIST_DOMAINS_OTHER`, 0.9.13).
  public static let otherState = DomainListFlags(rawValue: 1 << 7)
  /// With a managed save image (`VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE`, 0.9.13).
  public static let managedSave = DomainListFlags(rawValue: 1 << 8)
  /// Without a managed save image (`VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE`, 0.9.13).
  public static let noManagedSave = DomainListFlags(rawValue: 1 << 9)
  /// Starting with the host (`VIR_CONNECT_LIST_DOMAINS_AUTOSTART`, 0.9.13).
  public static let autostart = DomainListFlags(rawValue: 1 << 10)
  /// Not starting with the host (`VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART`, 0.9.13).
  public static let noAutostart = DomainListFlags(rawValue: 1 << 11)
  /// With a snapshot (`VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT`, 0.9.13).
  public static let hasSnapshot = DomainListFlags(rawValue: 1 << 12)
  /// Without a snapshot (`VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT`, 0.9.13).
  public static let noSnapshot = DomainListFlags(rawValue: 1 << 13)
  /// With a checkpoint (`VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT`, 5.6.0).
  public static let hasCheckpoint = DomainListFlags(rawValue: 1 << 14)
  /// Without a checkpoint (`VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT`, 5.6.0).
  public static let noCheckpoint = DomainListFlags(rawValue: 1 << 15)
}
