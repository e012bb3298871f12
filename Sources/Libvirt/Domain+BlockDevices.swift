import CLibvirt
import Glibc

/// The disks of a domain as devices: sizes, counters, errors.
extension Domain {
  /// The sizes of a disk, given by target or source (`virDomainGetBlockInfo`, 0.8.1).
  public func blockInfo(of disk: String) throws(LibvirtError) -> BlockInfo {
    var info = virDomainBlockInfo()
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainGetBlockInfo(handle, disk, &info, 0))
    }
    return BlockInfo(capacity: info.capacity, allocation: info.allocation, physical: info.physical)
  }

  /// The counters of a disk, or of all of them together for an empty name.
  ///
  /// Drivers that only know the five older counters are asked for those; a counter they do not keep is left out.
  /// - Throws: ``BlockStatisticsError``. The C functions are `virDomainBlockStatsFlags` (0.9.5) and `virDomainBlockStats`.
  public func blockStatistics(of disk: String) throws(BlockStatisticsError) -> [TypedParameter] {
    do {
      return try typedBlockStatistics(of: disk)
    } catch  where error.code == .noSupport {
      do {
        return try plainBlockStatistics(of: disk)
      } catch {
        throw BlockStatisticsError(cause: error, isOfOlderCall: true)
      }
    } catch {
      throw BlockStatisticsError(cause: error, isOfOlderCall: false)
    }
  }

  private func typedBlockStatistics(of disk: String) throws(LibvirtError) -> [TypedParameter] {
    try withHandle { (handle) throws(LibvirtError) in
      var count: Int32 = 0
      try check(virDomainBlockStatsFlags(handle, disk, nil, &count, 0))
      guard count > 0 else { return [] }
      var list = [virTypedParameter](repeating: virTypedParameter(), count: Int(count))
      try check(virDomainBlockStatsFlags(handle, disk, &list, &count, 0))
      defer { virTypedParamsClear(&list, count) }
      return TypedParameter.copying(list, count: count)
    }
  }

  private func plainBlockStatistics(of disk: String) throws(LibvirtError) -> [TypedParameter] {
    var statistics = virDomainBlockStatsStruct()
    try withHandle { (handle) throws(LibvirtError) in
      try check(virDomainBlockStats(handle, disk, &statistics, MemoryLayout.size(ofValue: statistics)))
    }
    let counters = [
      (VIR_DOMAIN_BLOCK_STATS_READ_REQ, statistics.rd_req),
      (VIR_DOMAIN_BLOCK_STATS_READ_BYTES, statistics.rd_bytes),
      (VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, statistics.wr_req),
      (VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, statistics.wr_bytes),
      (VIR_DOMAIN_BLOCK_STATS_ERRS, statistics.errs),
    ]
    return counters.filter { $0.1 >= 0 }.map { TypedParameter(name: $0.0, value: .int64($0.1)) }
  }

  /// The disks with which the hypervisor has trouble (`virDomainGetDiskErrors`, 0.9.10).
  public func diskErrors() throws(LibvirtError) -> [DiskError] {
    try withHandle { (handle) throws(LibvirtError) in
      let most = virDomainGetDiskErrors(handle, nil, 0, 0)
      try check(most)
      guard most > 0 else { return [] }
      var list = [virDomainDiskError](repeating: virDomainDiskError(), count: Int(most))
      let count = virDomainGetDiskErrors(handle, &list, UInt32(most), 0)
      try check(count)
      return list.prefix(Int(count)).map { error in
        defer { free(error.disk) }
        return DiskError(
          disk: error.disk.map { String(cString: $0) } ?? "", kind: DiskError.Kind(rawValue: error.error))
      }
    }
  }

  /// Gives a running domain's disk another size, in bytes (`virDomainBlockResize`, 0.9.8).
  public func resizeBlock(_ disk: String, toBytes size: UInt64) throws(LibvirtError) {
    try withHandle { (handle) throws(LibvirtError) in
      try check(
        virDomainBlockResize(handle, disk, size, UInt32(VIR_DOMAIN_BLOCK_RESIZE_BYTES.rawValue)))
    }
  }
}

/// The sizes of a disk, in bytes.
public struct BlockInfo: Equatable, Sendable {
  /// What the guest sees.
  public let capacity: UInt64
  /// What the storage has set aside.
  public let allocation: UInt64
  /// Where the image's file or device ends.
  public let physical: UInt64
}

/// Counters that could not be had, and which of libvirt's two calls said so.
public struct BlockStatisticsError: Error, Equatable {
  /// What libvirt said.
  public let cause: LibvirtError
  /// Whether it was `virDomainBlockStats` that failed, after a driver without the newer call.
  public let isOfOlderCall: Bool
}

/// A disk in trouble.
public struct DiskError: Equatable, Sendable {
  /// The kinds of trouble (`virDomainDiskErrorCode`).
  public enum Kind: Sendable {
    /// None.
    case none
    /// Something that has no name of its own.
    case unspecified
    /// The storage is full.
    case noSpace

    init(rawValue: Int32) {
      switch rawValue {
      case 0: self = .none
      case 2: self = .noSpace
      default: self = .unspecified
      }
    }
  }

  /// The disk's target.
  public let disk: String
  /// What is wrong with it.
  public let kind: Kind
}
