import SystemPackage

/// What went wrong with an archive, and where.
public struct VMAError: Error, Equatable, Sendable {
  /// What went wrong.
  public let reason: Reason
  /// The offset in the archive, in bytes, of the field or data at fault; nil where no place is at fault.
  public let offset: UInt64?

  init(_ reason: Reason, at offset: UInt64? = nil) {
    self.reason = reason
    self.offset = offset
  }

  /// The kinds of failure, each with what its sentence needs.
  public enum Reason: Equatable, Sendable {
    // Reading and writing bytes.
    case readFailed(Errno)
    case writeFailed(Errno)
    case checksumUnavailable
    case threadUnavailable(Errno)

    // The header as read.
    case headerTruncated(have: Int, need: Int)
    case notAnArchive
    case headerSizeTooSmall(UInt32)
    case headerSizeTooLarge(UInt32)
    case headerChecksumMismatch
    case unsupportedVersion(UInt32)
    case blobTableOutsideHeader(offset: UInt32, size: UInt32, header: UInt32)
    case blobOverrunsTable(pointer: Int, length: Int)
    case danglingBlobPointer(NameOwner, index: Int, pointer: UInt32)
    case nameNotTerminated(NameOwner, index: Int)
    case nameNotUTF8(NameOwner, index: Int)

    // The header as read or as asked to be written.
    case unsafeName(NameOwner, String, problem: String)
    case duplicateName(NameOwner, String)
    case deviceIDUnusable(Int, name: String)
    case duplicateDeviceID(UInt8)
    case deviceSizeNotSectors(device: String, size: UInt64)
    case deviceSizeZero(device: String)
    case deviceSizeTooLarge(device: String, size: UInt64)
    case tooManyConfigs(Int)
    case configTooLarge(name: String, size: Int)
    case headerTooLarge(Int)

    // Extents.
    case extentHeaderTruncated(have: Int)
    case extentChecksumMismatch
    case extentFromOtherArchive
    case notAnExtent
    case extentTooLarge(blocks: Int)
    case extentTruncated(have: Int, need: Int)
    case moreBlocksThanDeclared(declared: Int, needed: Int)
    case fewerBlocksThanDeclared(declared: Int, needed: Int)
    case unknownDevice(id: UInt8)
    case duplicateCluster(device: String, cluster: UInt64)
    case vmstateOutOfOrder(expected: UInt64, found: UInt64)
    case clusterPastEnd(device: String, cluster: UInt64)
    case blockPastEnd(device: String, cluster: UInt64)
    case missingClusters(device: String, first: UInt64, count: UInt64)
    case clusterMapTooLarge(limit: Int)

    // Digests and the trailer.
    case digestMissing(extent: UInt64)
    case digestMismatch(extent: UInt64)
    case dataInTrailer
    case trailerMissing(extents: UInt64)
    case trailerOutOfOrder(expected: Int, found: Int)
    case trailerMalformed(String)
    case extentAfterTrailer
    case extentCountMismatch(recorded: UInt64, found: UInt64)
    case trailerFromOtherHeader
    case trailerDeviceMismatch(id: UInt8)
    case deviceDigestMismatch(device: String)

    // Reading in any order.
    case indexTooLarge(runs: Int)
    case clusterAbsent(device: String, cluster: UInt64)
    case clusterNotWhereIndexed(device: String, cluster: UInt64)
    case blockDigestMismatch(device: String, block: UInt64)
    case indexUnusable(String)

    // Misuse of the reader and the writer.
    case readAlready
    case partialCluster(length: Int)
    case streamLongerThanDevice(device: String, size: UInt64)
    case notAStream(device: String)
    case integrityNotWritable
    case writerClosed
    case headerNotRevisable
  }
}

extension VMAError {
  static func read(_ error: any Error, at offset: UInt64) -> any Error {
    (error as? Errno).map { VMAError(.readFailed($0), at: offset) } ?? error
  }

  static func write(_ error: any Error, at offset: UInt64) -> any Error {
    (error as? Errno).map { VMAError(.writeFailed($0), at: offset) } ?? error
  }
}
