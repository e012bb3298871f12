import CLibvirt

/// Taking and finding snapshots.
extension Domain {
  /// Takes a snapshot, or redefines one, as a `<domainsnapshot>` document asks (`virDomainSnapshotCreateXML`).
  public func createSnapshot(
    xml: String, _ flags: SnapshotCreateFlags = []
  ) throws(LibvirtError) -> DomainSnapshot {
    try ownedSnapshot { virDomainSnapshotCreateXML($0, xml, flags.rawValue) }
  }

  /// Finds a snapshot by its name (`virDomainSnapshotLookupByName`).
  public func snapshot(named name: String) throws(LibvirtError) -> DomainSnapshot {
    try ownedSnapshot { virDomainSnapshotLookupByName($0, name, 0) }
  }

  /// Whether one of its snapshots is the current one (`virDomainHasCurrentSnapshot`).
  public func hasCurrentSnapshot() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainHasCurrentSnapshot(handle, 0)) }
  }

  /// The snapshot that its present state descends from (`virDomainSnapshotCurrent`).
  public func currentSnapshot() throws(LibvirtError) -> DomainSnapshot {
    try ownedSnapshot { virDomainSnapshotCurrent($0, 0) }
  }

  /// Its snapshots in libvirt's order (`virDomainListAllSnapshots`, 0.9.13).
  public func snapshots(_ flags: SnapshotListFlags = []) throws(LibvirtError) -> [DomainSnapshot] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virDomainListAllSnapshots(handle, &list, flags.rawValue)
      return try takeList(count, list) { DomainSnapshot(owning: $0, domain: self) }
    }
  }

  /// How many snapshots it has (`virDomainSnapshotNum`).
  public func snapshotCount(_ flags: SnapshotListFlags = []) throws(LibvirtError) -> Int {
    try withHandle { (handle) throws(LibvirtError) in
      let count = virDomainSnapshotNum(handle, flags.rawValue)
      try check(count)
      return Int(count)
    }
  }

  private func ownedSnapshot(
    _ call: (OpaquePointer) -> OpaquePointer?
  ) throws(LibvirtError) -> DomainSnapshot {
    try withHandle { (domain) throws(LibvirtError) in
      guard let handle = call(domain) else { throw LibvirtError.last() }
      return DomainSnapshot(owning: handle, domain: self)
    }
  }
}
