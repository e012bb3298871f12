import CLibvirt

/// A place where libvirt keeps disk images: a directory, a volume group, a share, …
public final class StoragePool: HandleOwner, @unchecked Sendable {
  /// The connection it was looked up on.
  public let connection: Connection
  let handle: OpaquePointer

  init(owning handle: OpaquePointer, connection: Connection) {
    self.handle = handle
    self.connection = connection
  }

  deinit {
    virStoragePoolFree(handle)
  }

  /// The name (`virStoragePoolGetName`).
  public var name: String { text(virStoragePoolGetName) }

  /// The UUID in its 36-character form (`virStoragePoolGetUUIDString`).
  public func uuid() throws(LibvirtError) -> String {
    try uuid(virStoragePoolGetUUIDString)
  }

  /// Whether its volumes can be used now (`virStoragePoolIsActive`).
  public func isActive() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virStoragePoolIsActive(handle)) }
  }

  /// Whether its definition outlives its use (`virStoragePoolIsPersistent`).
  public func isPersistent() throws(LibvirtError) -> Bool {
    try withHandle { (handle) throws(LibvirtError) in try flag(virStoragePoolIsPersistent(handle)) }
  }

  /// Whether it starts with the host (`virStoragePoolGetAutostart`).
  public func autostart() throws(LibvirtError) -> Bool {
    var value: Int32 = 0
    try withHandle { (handle) throws(LibvirtError) in
      try check(virStoragePoolGetAutostart(handle, &value))
    }
    return value != 0
  }

  /// Its state and its sizes (`virStoragePoolGetInfo`).
  public func information() throws(LibvirtError) -> StoragePoolInformation {
    var info = virStoragePoolInfo()
    try withHandle { (handle) throws(LibvirtError) in try check(virStoragePoolGetInfo(handle, &info)) }
    return StoragePoolInformation(
      state: StoragePoolState(rawValue: info.state) ?? .unknown, capacity: info.capacity,
      allocation: info.allocation, available: info.available)
  }

  /// Its volumes in libvirt's order (`virStoragePoolListAllVolumes`, 0.10.2).
  public func volumes() throws(LibvirtError) -> [StorageVolume] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virStoragePoolListAllVolumes(handle, &list, 0)
      return try takeList(count, list) { StorageVolume(owning: $0, connection: connection) }
    }
  }
}

/// What a storage pool is doing (`virStoragePoolState`).
public enum StoragePoolState: Int32, Sendable {
  /// Not in use.
  case inactive = 0
  /// Being made.
  case building = 1
  /// In use.
  case running = 2
  /// In use, but not whole.
  case degraded = 3
  /// Started, but out of reach.
  case inaccessible = 4
  /// A state that libvirt has added since.
  case unknown = -1
}

/// A storage pool's state and sizes, in bytes.
public struct StoragePoolInformation: Equatable, Sendable {
  /// What it is doing.
  public let state: StoragePoolState
  /// All the room there is.
  public let capacity: UInt64
  /// The room that is taken.
  public let allocation: UInt64
  /// The room that is free.
  public let available: UInt64

  /// Puts them together.
  public init(state: StoragePoolState, capacity: UInt64, allocation: UInt64, available: UInt64) {
    self.state = state
    self.capacity = capacity
    self.allocation = allocation
    self.available = available
  }
}

/// Which storage pools a list is to hold (`virConnectListAllStoragePoolsFlags`, 0.10.2).
///
/// Bits of one pair or group widen the list, bits of different groups narrow it; no bit of a group is all of it.
public struct StoragePoolListFlags: OptionSet, Sendable {
  /// The bits, as libvirt takes them.
  public let rawValue: UInt32

  /// Wraps bits as libvirt takes them.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Not in use.
  public static let inactive = StoragePoolListFlags(rawValue: 1 << 0)
  /// In use.
  public static let active = StoragePoolListFlags(rawValue: 1 << 1)
  /// Defined.
  public static let persistent = StoragePoolListFlags(rawValue: 1 << 2)
  /// Gone when they stop.
  public static let transient = StoragePoolListFlags(rawValue: 1 << 3)
  /// Starting with the host.
  public static let autostart = StoragePoolListFlags(rawValue: 1 << 4)
  /// Not starting with the host.
  public static let noAutostart = StoragePoolListFlags(rawValue: 1 << 5)

  /// The types that a list can be limited to, by libvirt's names of them; the bits are in this order from the seventh on.
  public static let typeNames = [
    "dir", "fs", "netfs", "logical", "disk", "iscsi", "scsi", "mpath", "rbd", "sheepdog", "gluster", "zfs",
    "vstorage", "iscsi-direct",
  ]

  /// Pools of a type; `nil` where libvirt has no such type.
  public init?(typeNamed name: String) {
    guard let index = Self.typeNames.firstIndex(of: name) else { return nil }
    self.init(rawValue: 1 << UInt32(6 + index))
  }
}

/// Finding storage pools.
extension Connection {
  /// Lists storage pools in no particular order (`virConnectListAllStoragePools`, 0.10.2).
  public func storagePools(_ flags: StoragePoolListFlags = []) throws(LibvirtError) -> [StoragePool] {
    try withHandle { (connection) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = virConnectListAllStoragePools(connection, &list, flags.rawValue)
      return try takeList(count, list) { StoragePool(owning: $0, connection: self) }
    }
  }

  /// How many storage pools are in use, or are not (`virConnectNumOfStoragePools`, `virConnectNumOfDefinedStoragePools`).
  public func storagePoolCount(active: Bool) throws(LibvirtError) -> Int {
    try withHandle { (connection) throws(LibvirtError) in
      let count =
        active ? virConnectNumOfStoragePools(connection) : virConnectNumOfDefinedStoragePools(connection)
      try check(count)
      return Int(count)
    }
  }

  /// Finds a storage pool the way virsh does: 36 characters are first taken as a UUID, anything as a name.
  ///
  /// - Throws: ``LibvirtError`` of the last way tried, mostly ``LibvirtError/Code/noStoragePool``.
  public func storagePool(_ text: String) throws(LibvirtError) -> StoragePool {
    try withHandle { (connection) throws(LibvirtError) in
      if text.utf8.count == 36, let handle = virStoragePoolLookupByUUIDString(connection, text) {
        return StoragePool(owning: handle, connection: self)
      }
      guard let handle = virStoragePoolLookupByName(connection, text) else { throw LibvirtError.last() }
      return StoragePool(owning: handle, connection: self)
    }
  }
}
