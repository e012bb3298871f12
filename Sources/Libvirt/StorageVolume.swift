import CLibvirt

/// A file or device that one of libvirt's storage pools holds: what `undefine` may remove along with a domain.
public final class StorageVolume: @unchecked Sendable {
  /// The connection it was looked up on.
  public let connection: Connection
  private let handle: OpaquePointer

  init(owning handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit {
    virStorageVolFree(handle)
  }

  /// Overwrites its content (`virStorageVolWipe`, 0.8.0).
  public func wipe() throws(LibvirtError) {
    defer { withExtendedLifetime(self) {} }
    try check(virStorageVolWipe(handle, 0))
  }

  /// Removes it, with the snapshots inside it where asked (`virStorageVolDelete`).
  public func delete(withSnapshots: Bool = false) throws(LibvirtError) {
    defer { withExtendedLifetime(self) {} }
    let flags = withSnapshots ? UInt32(VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS.rawValue) : 0
    try check(virStorageVolDelete(handle, flags))
  }
}

extension Connection {
  /// Finds the volume at a path, in whatever pool it is (`virStorageVolLookupByPath`).
  public func storageVolume(path: String) throws(LibvirtError) -> StorageVolume {
    try withHandle { (connection) throws(LibvirtError) in
      guard let handle = virStorageVolLookupByPath(connection, path) else { throw LibvirtError.last() }
      return StorageVolume(owning: handle, connection: self)
    }
  }

  /// Finds a volume by its pool's and its own name (`virStoragePoolLookupByName`, `virStorageVolLookupByName`).
  public func storageVolume(pool: String, name: String) throws(LibvirtError) -> StorageVolume {
    try withHandle { (connection) throws(LibvirtError) in
      guard let poolHandle = virStoragePoolLookupByName(connection, pool) else { throw LibvirtError.last() }
      defer { virStoragePoolFree(poolHandle) }
      guard let handle = virStorageVolLookupByName(poolHandle, name) else { throw LibvirtError.last() }
      return StorageVolume(owning: handle, connection: self)
    }
  }

  /// Makes a volume in a pool as a `<volume>` document asks (`virStorageVolCreateXML`).
  @discardableResult
  public func createStorageVolume(pool: String, xml: String) throws(LibvirtError) -> StorageVolume {
    try withHandle { (connection) throws(LibvirtError) in
      guard let poolHandle = virStoragePoolLookupByName(connection, pool) else { throw LibvirtError.last() }
      defer { virStoragePoolFree(poolHandle) }
      guard let handle = virStorageVolCreateXML(poolHandle, xml, 0) else { throw LibvirtError.last() }
      return StorageVolume(owning: handle, connection: self)
    }
  }
}
