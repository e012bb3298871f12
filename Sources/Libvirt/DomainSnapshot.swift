import CLibvirt

/// A snapshot as libvirt remembers it: a name in a domain's snapshot tree, with a document behind it.
///
/// It keeps its ``Domain`` alive. All methods may be called on any thread.
public final class DomainSnapshot: HandleOwner, @unchecked Sendable {
  /// The domain it belongs to.
  public let domain: Domain
  /// The C handle, this object's own reference; freed when the object goes.
  let handle: OpaquePointer

  /// Becomes the owner of a handle that libvirt has just given out.
  init(owning handle: OpaquePointer, domain: Domain) {
    self.handle = handle
    self.domain = domain
  }

  deinit {
    virDomainSnapshotFree(handle)
  }

  /// The name (`virDomainSnapshotGetName`).
  public var name: String { text(virDomainSnapshotGetName) }

  /// Its `<domainsnapshot>` document in libvirt's canonical form (`virDomainSnapshotGetXMLDesc`).
  public func xml(_ flags: SnapshotXMLFlags = []) throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in
      try takeString(virDomainSnapshotGetXMLDesc(handle, flags.rawValue))
    }
  }

  /// Whether it is its domain's current snapshot (`virDomainSnapshotIsCurrent`, 0.9.13).
  public func isCurrent() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainSnapshotIsCurrent(handle, 0)) }
  }

  /// Whether libvirt keeps metadata of it that would prevent an undefine (`virDomainSnapshotHasMetadata`, 0.9.13).
  public func hasMetadata() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virDomainSnapshotHasMetadata(handle, 0)) }
  }

  /// The snapshot it was taken on top of, `nil` for a root (`virDomainSnapshotGetParent`, 0.9.7).
  public func parent() throws(LibvirtError) -> DomainSnapshot? {
    try withHandle { (handle) throws(LibvirtError) in
      guard let parent = virDomainSnapshotGetParent(handle, 0) else {
        let error = LibvirtError.last()
        if error.code == .noDomainSnapshot { return nil }
        throw error
      }
      return DomainSnapshot(owning: parent, domain: domain)
    }
  }

  /// How many children it has, or descendants (`virDomainSnapshotNumChildren`, 0.9.7).
  public func childCount(_ flags: SnapshotListFlags = []) throws(LibvirtError) -> Int {
    try withHandle { (handle) throws(LibvirtError) in
      let count = virDomainSnapshotNumChildren(handle, flags.rawValue)
      try check(count)
      return Int(count)
    }
  }

  /// Its children, or descendants, in libvirt's order (`virDomainSnapshotListAllChildren`, 0.9.13).
  public func children(_ flags: SnapshotListFlags = []) throws(LibvirtError) -> [DomainSnapshot] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virDomainSnapshotListAllChildren(handle, &list, flags.rawValue)
      return try takeList(count, list) { DomainSnapshot(owning: $0, domain: domain) }
    }
  }

  /// Deletes it, its children, or only their metadata (`virDomainSnapshotDelete`).
  public func delete(_ flags: SnapshotDeleteFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainSnapshotDelete(handle, flags.rawValue))
    }
  }

  /// Takes its domain back to it (`virDomainRevertToSnapshot`).
  ///
  /// - Throws: ``LibvirtError``; with ``LibvirtError/Code/snapshotRevertRisky`` the same call works with
  ///   ``SnapshotRevertFlags/force``.
  public func revert(_ flags: SnapshotRevertFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainRevertToSnapshot(handle, flags.rawValue))
    }
  }
}
