import CLibvirt

/// A file or device that one of libvirt's storage pools holds: what `undefine` may remove along with a domain.
public final class StorageVolume: HandleOwner, @unchecked Sendable {
  /// The connection it was looked up on.
  public let connection: Connection
  let handle: OpaquePointer

  init(owning handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit {
    virStorageVolFree(handle)
  }

  /// The name within its pool (`virStorageVolGetName`).
  public var name: String { text(virStorageVolGetName) }

  /// Where it is, mostly a path (`virStorageVolGetPath`).
  public func path() throws(LibvirtError) -> String {
    defer { withExtendedLifetime(self) {} }
    return try takeString(virStorageVolGetPath(handle))
  }

  /// Its kind and its sizes (`virStorageVolGetInfo`).
  public func information() throws(LibvirtError) -> StorageVolumeInformation {
    defer { withExtendedLifetime(self) {} }
    var info = virStorageVolInfo()
    try check(virStorageVolGetInfo(handle, &info))
    return StorageVolumeInformation(
      kind: StorageVolumeInformation.Kind(rawValue: info.type) ?? .unknown, capacity: info.capacity,
      allocation: info.allocation)
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

/// A volume's kind and sizes, in bytes.
public struct StorageVolumeInformation: Equatable, Sendable {
  /// What it is to the host (`virStorageVolType`).
  public enum Kind: Int32, Sendable {
    /// A file.
    case file = 0
    /// A block device.
    case block = 1
    /// A directory.
    case directory = 2
    /// Something behind a storage protocol.
    case network = 3
    /// A directory behind a storage protocol.
    case networkDirectory = 4
    /// A Ploop directory.
    case ploop = 5
    /// A kind that libvirt has added since.
    case unknown = -1

    /// libvirt's word for it.
    public var name: String {
      switch self {
      case .file: "file"
      case .block: "block"
      case .directory: "dir"
      case .network: "network"
      case .networkDirectory: "netdir"
      case .ploop: "ploop"
      case .unknown: "unknown"
      }
    }
  }

  /// What it is to the host.
  public let kind: Kind
  /// The disk's size.
  public let capacity: UInt64
  /// What the storage has set aside.
  public let allocation: UInt64
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
