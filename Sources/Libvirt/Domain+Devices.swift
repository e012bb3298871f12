import CLibvirt

/// Devices that come and go.
extension Domain {
  /// Attaches the device that a document describes.
  ///
  /// The C functions are `virDomainAttachDevice`, which changes the domain as it is now, and
  /// `virDomainAttachDeviceFlags` (0.7.7) where it is said what is to change.
  public func attachDevice(xml: String, _ scope: DeviceChangeScope?) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        scope.map { virDomainAttachDeviceFlags(handle, xml, $0.rawValue) }
          ?? virDomainAttachDevice(handle, xml))
    }
  }

  /// Detaches the device that a document describes; a running guest may let go of it only later.
  ///
  /// The C functions are `virDomainDetachDevice` and `virDomainDetachDeviceFlags` (0.7.7), as for attaching.
  public func detachDevice(xml: String, _ scope: DeviceChangeScope?) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        scope.map { virDomainDetachDeviceFlags(handle, xml, $0.rawValue) }
          ?? virDomainDetachDevice(handle, xml))
    }
  }
}

/// What a change of a device is to reach (`virDomainDeviceModifyFlags`); empty for the domain as it is now.
public struct DeviceChangeScope: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The running domain (`VIR_DOMAIN_DEVICE_MODIFY_LIVE`, 0.7.7).
  public static let live = DeviceChangeScope(rawValue: 1 << 0)
  /// The persistent configuration (`VIR_DOMAIN_DEVICE_MODIFY_CONFIG`, 0.7.7).
  public static let configuration = DeviceChangeScope(rawValue: 1 << 1)
}
