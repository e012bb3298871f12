import CLibvirt

/// The guest's clock, through its agent.
extension Domain {
  /// The guest's time since 1970, UTC (`virDomainGetTime`, 1.2.5).
  public func time() throws(LibvirtError) -> (seconds: Int64, nanoseconds: UInt32) {
    var seconds: Int64 = 0
    var nanoseconds: UInt32 = 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetTime(handle, &seconds, &nanoseconds, 0))
    }
    return (seconds, nanoseconds)
  }

  /// Sets the guest's clock (`virDomainSetTime`, 1.2.5).
  ///
  /// - Parameters:
  ///   - seconds: Since 1970, UTC.
  ///   - nanoseconds: Beyond the seconds.
  ///   - synchronizing: Take the time from the guest's hardware clock instead (`VIR_DOMAIN_TIME_SYNC`).
  /// - Throws: ``LibvirtError``.
  public func setTime(
    seconds: Int64, nanoseconds: UInt32 = 0, synchronizing: Bool = false
  ) throws(LibvirtError) {
    let flags = synchronizing ? UInt32(VIR_DOMAIN_TIME_SYNC.rawValue) : 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainSetTime(handle, seconds, nanoseconds, flags))
    }
  }
}
