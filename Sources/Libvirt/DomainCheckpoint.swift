import CLibvirt

/// A checkpoint as libvirt remembers it: an instant since which the changes of a domain's disks are known.
///
/// It keeps its ``Domain`` alive. All methods may be called on any thread.
public final class DomainCheckpoint: HandleOwner, @unchecked Sendable {
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
    virDomainCheckpointFree(handle)
  }

  /// The name (`virDomainCheckpointGetName`).
  public var name: String { text(virDomainCheckpointGetName) }

  /// Its `<domaincheckpoint>` document in libvirt's canonical form (`virDomainCheckpointGetXMLDesc`).
  public func xml(_ flags: CheckpointXMLFlags = []) throws(LibvirtError) -> String {
    try withHandle { (handle) throws(LibvirtError) in
      try takeString(virDomainCheckpointGetXMLDesc(handle, flags.rawValue))
    }
  }

  /// The checkpoint made before it, `nil` for a root (`virDomainCheckpointGetParent`).
  public func parent() throws(LibvirtError) -> DomainCheckpoint? {
    try withHandle { (handle) throws(LibvirtError) in
      guard let parent = virDomainCheckpointGetParent(handle, 0) else {
        let error = LibvirtError.last()
        if error.code == .noDomainCheckpoint { return nil }
        throw error
      }
      return DomainCheckpoint(owning: parent, domain: domain)
    }
  }

  /// Its children, or descendants, in libvirt's order (`virDomainCheckpointListAllChildren`).
  public func children(_ flags: CheckpointListFlags = []) throws(LibvirtError) -> [DomainCheckpoint] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virDomainCheckpointListAllChildren(handle, &list, flags.rawValue)
      return try takeList(count, list) { DomainCheckpoint(owning: $0, domain: domain) }
    }
  }

  /// Deletes it, its children, or only their metadata (`virDomainCheckpointDelete`).
  public func delete(_ flags: CheckpointDeleteFlags = []) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainCheckpointDelete(handle, flags.rawValue))
    }
  }
}
