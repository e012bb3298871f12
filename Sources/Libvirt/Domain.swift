import CLibvirt

/// A guest as libvirt knows it, running or not.
///
/// It keeps its ``Connection`` alive. All methods may be called on any thread.
public final class Domain: HandleOwner, @unchecked Sendable {
  /// The connection it was looked up on.
  public let connection: Connection
  /// The C handle, this object's own reference; freed when the object goes.
  let handle: OpaquePointer

  /// Becomes the owner of a handle that libvirt has just given out.
  init(owning handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit {
    virDomainFree(handle)
  }

  /// The name (`virDomainGetName`).
  public var name: String { text(virDomainGetName) }

  /// The number of a running domain, `nil` when it is not running (`virDomainGetID`).
  public var id: UInt32? {
    defer { withExtendedLifetime(self) {} }
    let id = virDomainGetID(handle)
    return id == UInt32.max ? nil : id
  }

  /// The UUID in its 36-character form (`virDomainGetUUIDString`).
  public func uuid() throws(LibvirtError) -> String {
    try uuid(virDomainGetUUIDString)
  }

  /// Its state and why it is in it (`virDomainGetState`).
  public func state() throws(LibvirtError) -> DomainStatus {
    var state: Int32 = 0
    var reason: Int32 = 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetState(handle, &state, &reason, 0))
    }
    return DomainStatus(state: DomainState(rawValue: state) ?? .noState, reason: reason)
  }

  /// Whether it is running or paused, that is, has a hypervisor process (`virDomainIsActive`).
  public func isActive() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainIsActive(handle)) }
  }

  /// Whether its definition outlives its run (`virDomainIsPersistent`).
  public func isPersistent() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainIsPersistent(handle)) }
  }

  /// Whether it starts with the host (`virDomainGetAutostart`).
  public func autostart() throws(LibvirtError) -> Bool {
    var value: Int32 = 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetAutostart(handle, &value))
    }
    return value != 0
  }

  /// Its `<domain>` document in libvirt's canonical form (`virDomainGetXMLDesc`).
  public func xml(_ flags: DomainXMLFlags = []) throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in
      try takeString(virDomainGetXMLDesc(handle, flags.rawValue))
    }
  }

  /// Its `<title>`, of the running or the persistent configuration, whichever is in force; `nil` when it has none
  /// or its driver knows of none.
  ///
  /// The C function is `virDomainGetMetadata` with `VIR_DOMAIN_METADATA_TITLE` (0.9.10).
  public func title() throws(LibvirtError) -> String? {
    do {
      return try withHandle { (handle) throws(LibvirtError) in
        try takeString(virDomainGetMetadata(handle, Int32(VIR_DOMAIN_METADATA_TITLE.rawValue), nil, 0))
      }
    } catch  where error.code == .noDomainMetadata {
      return nil
    }
  }

  /// Its private metadata element of one XML namespace; `nil` when it has none.
  ///
  /// The C function is `virDomainGetMetadata` with `VIR_DOMAIN_METADATA_ELEMENT` (0.9.10).
  public func metadata(namespace: String, of part: DomainPart = .inForce) throws(LibvirtError) -> String? {
    do {
      return try withHandle { (handle) throws(LibvirtError) in
        try takeString(
          virDomainGetMetadata(
            handle, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), namespace, part.rawValue))
      }
    } catch  where error.code == .noDomainMetadata {
      return nil
    }
  }

  /// Sets its private metadata element of one XML namespace, or removes it (`xml` is `nil`).
  ///
  /// The C function is `virDomainSetMetadata` (0.9.10).
  public func setMetadata(
    _ xml: String?, prefix: String, namespace: String, of part: DomainPart = .inForce
  ) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        virDomainSetMetadata(
          handle, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), xml, prefix, namespace, part.rawValue))
    }
  }
}
