import CLibvirt

/// What the host and its hypervisor say of themselves.
extension Connection {
  /// The host's name (`virConnectGetHostname`).
  public func hostname() throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in try takeString(virConnectGetHostname(handle)) }
  }

  /// What host and hypervisor can do, as a `<capabilities>` document (`virConnectGetCapabilities`).
  public func capabilities() throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in try takeString(virConnectGetCapabilities(handle)) }
  }

  /// The driver's name, as `QEMU` or `TEST` (`virConnectGetType`).
  public func driver() throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in
      guard let name = virConnectGetType(handle) else { throw LibvirtError.last() }
      return String(cString: name)
    }
  }

  /// Whether the driver works on this very host, so that its paths are paths here.
  ///
  /// A URI with a host in it, or with a transport other than a Unix socket, may lead anywhere.
  public func isLocal() throws(LibvirtError) -> Bool {
    Self.isLocal(uri: try uri())
  }

  static func isLocal(uri: String) -> Bool {
    guard let end = uri.firstIndex(of: ":") else { return false }
    let scheme = uri[..<end].split(separator: "+", maxSplits: 1)
    guard scheme.count < 2 || scheme[1] == "unix" else { return false }
    let rest = uri[end...].dropFirst()
    return !rest.hasPrefix("//") || rest.hasPrefix("///") || rest == "//"
  }

  /// The hypervisor's version; `nil` where the driver cannot tell (`virConnectGetVersion`).
  public func hypervisorVersion() throws(LibvirtError) -> Version? {
    let number = try number { virConnectGetVersion($0, $1) }
    return number == 0 ? nil : Version(number: number)
  }

  /// The version of the libvirt at the other end (`virConnectGetLibVersion`, 0.7.3).
  public func daemonVersion() throws(LibvirtError) -> Version {
    Version(number: try number { virConnectGetLibVersion($0, $1) })
  }

  private func number(
    _ call: (OpaquePointer, UnsafeMutablePointer<UInt>) -> Int32
  ) throws(LibvirtError) -> UInt {
    var number: UInt = 0
    try withHandle { (handle) throws(LibvirtError) in try check(call(handle, &number)) }
    return number
  }
}
