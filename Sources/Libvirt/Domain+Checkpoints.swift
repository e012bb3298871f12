import CLibvirt

/// Making and finding checkpoints.
extension Domain {
  /// Makes a checkpoint, or redefines one, as a `<domaincheckpoint>` document asks (`virDomainCheckpointCreateXML`, 5.6.0).
  public func createCheckpoint(
    xml: String, _ flags: CheckpointCreateFlags = []
  ) throws(LibvirtError) -> DomainCheckpoint {
    try ownedCheckpoint { virDomainCheckpointCreateXML($0, xml, flags.rawValue) }
  }

  /// Finds a checkpoint by its name (`virDomainCheckpointLookupByName`, 5.6.0).
  public func checkpoint(named name: String) throws(LibvirtError) -> DomainCheckpoint {
    try ownedCheckpoint { virDomainCheckpointLookupByName($0, name, 0) }
  }

  /// Its checkpoints in libvirt's order (`virDomainListAllCheckpoints`, 5.6.0).
  public func checkpoints(_ flags: CheckpointListFlags = []) throws(LibvirtError) -> [DomainCheckpoint] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virDomainListAllCheckpoints(handle, &list, flags.rawValue)
      return try takeList(count, list) { DomainCheckpoint(owning: $0, domain: self) }
    }
  }

  private func ownedCheckpoint(
    _ call: (OpaquePointer) -> OpaquePointer?
  ) throws(LibvirtError) -> DomainCheckpoint {
    try withHandle { (domain) throws(LibvirtError) in
      guard let handle = call(domain) else { throw LibvirtError.last() }
      return DomainCheckpoint(owning: handle, domain: self)
    }
  }
}
