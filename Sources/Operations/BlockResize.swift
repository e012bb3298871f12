import Libvirt

/// Giving a disk another size, never a smaller one by mistake.
public enum BlockResize {
  /// Resizes a running domain's disk.
  ///
  /// - Parameters:
  ///   - disk: The disk's target or source.
  ///   - domain: The domain; libvirt refuses one that does not run.
  ///   - size: The new size, in bytes.
  ///   - hasUnit: Whether whoever asked named the unit of the size.
  ///   - mayShrink: Whether the disk may lose its end.
  /// - Throws: ``BlockResizeError``, or libvirt's error.
  public static func resize(
    _ disk: String, of domain: Domain, toBytes size: UInt64, hasUnit: Bool, mayShrink: Bool
  ) throws {
    if let capacity = try capacity(of: disk, of: domain), size < capacity {
      guard hasUnit else { throw BlockResizeError.unitMissing(disk: disk, current: capacity, wanted: size) }
      guard mayShrink else { throw BlockResizeError.shrinks(disk: disk, current: capacity, wanted: size) }
    } else if !mayShrink, try isSizeUnknown(of: disk, of: domain) {
      throw BlockResizeError.sizeUnknown(disk: disk)
    }
    try domain.resizeBlock(disk, toBytes: size)
  }

  private static func capacity(of disk: String, of domain: Domain) throws -> UInt64? {
    try? domain.blockInfo(of: disk).capacity
  }

  /// Whether the disk is there, and running, and nobody can tell its size; else libvirt's own refusal tells more.
  private static func isSizeUnknown(of disk: String, of domain: Domain) throws -> Bool {
    guard try capacity(of: disk, of: domain) == nil, try domain.isActive() else { return false }
    return try DomainDisk.disks(inDomainXML: domain.xml()).contains {
      $0.target == disk || $0.source == disk
    }
  }
}

/// A size that would cut a disk off.
public enum BlockResizeError: Error, Equatable, CustomStringConvertible {
  /// A number without a unit that would make the disk smaller; sizes in bytes.
  case unitMissing(disk: String, current: UInt64, wanted: UInt64)
  /// A smaller size, not asked for as such; sizes in bytes.
  case shrinks(disk: String, current: UInt64, wanted: UInt64)
  /// A disk whose present size cannot be found out.
  case sizeUnknown(disk: String)

  public var description: String {
    switch self {
    case .unitMissing(let disk, let current, let wanted):
      "'\(disk)' has \(current) bytes and a number without a unit is in KiB, which makes \(wanted) bytes:"
        + " write the unit behind the number, as in 10G"
    case .shrinks(let disk, let current, let wanted):
      "'\(disk)' has \(current) bytes, so \(wanted) bytes would cut off its end: add --shrink if that is meant"
    case .sizeUnknown(let disk):
      "the present size of '\(disk)' cannot be found out, so this may cut off its end: add --shrink to do it nevertheless"
    }
  }
}
