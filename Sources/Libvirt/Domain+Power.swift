import CLibvirt

/// Pausing, and asking the guest to end or to start over.
extension Domain {
  /// Stands its processors still (`virDomainSuspend`).
  public func suspend() throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainSuspend(handle)) }
  }

  /// Lets its processors go on (`virDomainResume`).
  public func resume() throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainResume(handle)) }
  }

  /// Asks the guest to shut down; returns at once, whatever the guest does.
  ///
  /// The C functions are `virDomainShutdown`, and `virDomainShutdownFlags` (0.9.10) where a way is named.
  public func shutDown(_ ways: PowerRequestWays = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(ways.isEmpty ? virDomainShutdown(handle) : virDomainShutdownFlags(handle, ways.rawValue))
    }
  }

  /// Asks the guest to boot afresh (`virDomainReboot`, 0.9.10).
  public func reboot(_ ways: PowerRequestWays = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainReboot(handle, ways.rawValue)) }
  }

  /// Gives it another name (`virDomainRename`, 1.2.19).
  public func rename(to name: String) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in try check(virDomainRename(handle, name, 0)) }
  }
}

/// Ways to ask a guest to shut down or reboot (`virDomainShutdownFlagValues`, `virDomainRebootFlagValues`); the driver
/// chooses where none is named.
public struct PowerRequestWays: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The power button (`VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN`, 0.9.10).
  public static let acpi = PowerRequestWays(rawValue: 1 << 0)
  /// The guest agent (`VIR_DOMAIN_SHUTDOWN_GUEST_AGENT`, 0.9.10).
  public static let agent = PowerRequestWays(rawValue: 1 << 1)
  /// A container's init (`VIR_DOMAIN_SHUTDOWN_INITCTL`, 1.0.1).
  public static let initctl = PowerRequestWays(rawValue: 1 << 2)
  /// A signal to a container's init (`VIR_DOMAIN_SHUTDOWN_SIGNAL`, 1.0.1).
  public static let signal = PowerRequestWays(rawValue: 1 << 3)
  /// Xen's own interface (`VIR_DOMAIN_SHUTDOWN_PARAVIRT`, 1.2.5).
  public static let paravirt = PowerRequestWays(rawValue: 1 << 4)
}
