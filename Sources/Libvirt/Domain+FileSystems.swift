import CLibvirt
import Glibc

/// The guest's own file systems, through the agent inside it.
extension Domain {
  /// Freezes file systems, all of them where none is named (`virDomainFSFreeze`, 1.2.5).
  ///
  /// - Returns: How many were frozen.
  public func freezeFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int {
    try onFileSystems(mountPoints) { virDomainFSFreeze($0, $1, $2, 0) }
  }

  /// Thaws file systems, all of them where none is named (`virDomainFSThaw`, 1.2.5).
  ///
  /// - Returns: How many were thawed.
  public func thawFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int {
    try onFileSystems(mountPoints) { virDomainFSThaw($0, $1, $2, 0) }
  }

  /// The file systems that the guest has mounted (`virDomainGetFSInfo`, 1.2.11).
  public func fileSystems() throws(LibvirtError) -> [GuestFileSystem] {
    try withHandle { (handle) throws(LibvirtError) in
      var list: UnsafeMutablePointer<virDomainFSInfoPtr?>?
      let count = virDomainGetFSInfo(handle, &list, 0)
      defer { free(list) }
      try check(count)
      return UnsafeBufferPointer(start: list, count: list == nil ? 0 : Int(count)).compactMap { entry in
        guard let entry else { return nil }
        defer { virDomainFSInfoFree(entry) }
        return GuestFileSystem(entry.pointee)
      }
    }
  }

  private func onFileSystems(
    _ mountPoints: [String],
    _ call: (OpaquePointer, UnsafeMutablePointer<UnsafePointer<CChar>?>?, UInt32) -> Int32
  ) throws(LibvirtError) -> Int {
    let copies = mountPoints.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    var pointers = copies.map { UnsafePointer($0) }
    guard let count = UInt32(exactly: pointers.count) else {
      throw LibvirtError(code: .overflow, message: "too many mount points for one call")
    }
    return try withHandle { (handle) throws(LibvirtError) in
      let done = pointers.withUnsafeMutableBufferPointer {
        call(handle, count == 0 ? nil : $0.baseAddress, count)
      }
      try check(done)
      return Int(done)
    }
  }
}

/// A file system that a guest has mounted (`virDomainFSInfo`).
public struct GuestFileSystem: Equatable, Sendable {
  /// Where it is mounted.
  public let mountPoint: String
  /// The device's name in the guest.
  public let name: String
  /// The kind of file system, such as `ext4`.
  public let type: String
  /// The targets of the disks it is on.
  public let disks: [String]

  init(_ info: virDomainFSInfo) {
    func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
    mountPoint = text(info.mountpoint)
    name = text(info.name)
    type = text(info.fstype)
    let count = info.devAlias == nil ? 0 : Int(info.ndevAlias)
    disks = UnsafeBufferPointer(start: info.devAlias, count: count).map(text)
  }
}
