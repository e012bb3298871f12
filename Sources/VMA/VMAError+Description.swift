extension VMAError: CustomStringConvertible {
  /// One sentence for the operator, with the byte offset where there is one.
  public var description: String {
    guard let offset else { return reason.description }
    return reason.description + " (at byte \(offset) of the archive)"
  }
}

extension VMAError.Reason: CustomStringConvertible {
  /// The sentence, without the place.
  public var description: String {
    headerSentence ?? extentSentence ?? integritySentence ?? indexSentence ?? ioSentence
  }

  private var headerSentence: String? {
    switch self {
    case .headerTruncated(let have, let need):
      "the file ends inside the archive's header (\(have) of \(need) bytes): it is no VMA archive, or was cut off"
    case .notAnArchive:
      "the file does not begin with VMA's magic number: it is no VMA archive, or is still compressed"
    case .headerSizeTooSmall(let size):
      "the header claims a size of \(size) bytes, less than any VMA header has: the archive is damaged"
    case .headerSizeTooLarge(let size):
      "the header claims a size of \(size) bytes, more than the \(Layout.maximumReadHeader) this reader takes"
    case .headerChecksumMismatch:
      "the header's checksum is wrong: the header is damaged, so take another copy of the archive"
    case .unsupportedVersion(let version):
      "the archive has format version \(version), and only version \(Layout.version) is known"
    case .blobTableOutsideHeader(let offset, let size, let header):
      "the blob table (\(size) bytes at \(offset)) does not fit in the header of \(header) bytes"
    case .blobOverrunsTable(let pointer, let length):
      "the blob at \(pointer) claims \(length) bytes, more than the blob table has left"
    case .danglingBlobPointer(let owner, let index, let pointer):
      "\(owner.rawValue) entry \(index) points to \(pointer), where no blob begins"
    case .nameNotTerminated(let owner, let index):
      "the name of \(owner.rawValue) entry \(index) is not one NUL-terminated string"
    case .nameNotUTF8(let owner, let index):
      "the name of \(owner.rawValue) entry \(index) is not UTF-8"
    case .unsafeName(let owner, let name, let problem):
      "the \(owner.rawValue) name \(ArchiveName.quoted(name)) is refused: \(problem)"
    case .duplicateName(let owner, let name):
      "the \(owner.rawValue) name \(ArchiveName.quoted(name)) occurs twice, and names must be unique"
    case .deviceIDUnusable(let id, let name):
      "device \(ArchiveName.quoted(name)) has the id \(id), and readers can use 1 to 254 only"
    case .duplicateDeviceID(let id):
      "two devices have the id \(id), and ids must be unique"
    case .deviceSizeNotSectors(let device, let size):
      "device \(ArchiveName.quoted(device)) has a size of \(size) bytes, which is no multiple of 512"
    case .deviceSizeZero(let device):
      "device \(ArchiveName.quoted(device)) has no bytes, and an archive cannot hold an empty device"
    case .deviceSizeTooLarge(let device, let size):
      "device \(ArchiveName.quoted(device)) has a size of \(size) bytes, and the format ends at 256 TiB"
    case .tooManyConfigs(let count):
      "\(count) configs were given, and an archive holds at most \(Layout.maximumConfigs)"
    case .configTooLarge(let name, let size):
      "config \(ArchiveName.quoted(name)) has \(size) bytes, and at most \(Layout.maximumBlob) fit: split it"
    case .headerTooLarge(let size):
      "the header would take \(size) bytes, and readers take \(Layout.maximumWrittenHeader): leave configs out"
    default: nil
    }
  }

  private var extentSentence: String? {
    switch self {
    case .extentHeaderTruncated(let have):
      "the archive ends inside the header of an extent (\(have) of 512 bytes): it was cut off"
    case .extentChecksumMismatch:
      "the checksum of an extent's header is wrong: the archive is damaged here"
    case .extentFromOtherArchive:
      "an extent carries another archive's UUID: two archives were mixed"
    case .notAnExtent:
      "there is no extent where one must begin: the archive is damaged here"
    case .extentTooLarge(let blocks):
      "an extent claims \(blocks) blocks, more than its \(Layout.Extent.slots) slots can describe"
    case .extentTruncated(let have, let need):
      "the archive ends inside an extent (\(have) of \(need) bytes): it was cut off"
    case .moreBlocksThanDeclared(let declared, let needed):
      "an extent's slots describe \(needed) blocks, more than the \(declared) that it declares"
    case .fewerBlocksThanDeclared(let declared, let needed):
      "an extent declares \(declared) blocks, more than the \(needed) that its slots describe"
    case .unknownDevice(let id):
      "the device id \(id) is not in the header's device table"
    case .duplicateCluster(let device, let cluster):
      "cluster \(cluster) of device \(ArchiveName.quoted(device)) occurs twice"
    case .vmstateOutOfOrder(let expected, let found):
      "the memory stream goes on with cluster \(found) where cluster \(expected) must follow"
    case .clusterPastEnd(let device, let cluster):
      "cluster \(cluster) lies past the end of device \(ArchiveName.quoted(device))"
    case .blockPastEnd(let device, let cluster):
      "cluster \(cluster) holds data past the end of device \(ArchiveName.quoted(device))"
    case .missingClusters(let device, let first, 1):
      "cluster \(first) of device \(ArchiveName.quoted(device)) is missing, so the device is incomplete"
    case .missingClusters(let device, let first, let count):
      "\(count) clusters of device \(ArchiveName.quoted(device)) are missing, the first is cluster \(first)"
    case .clusterMapTooLarge(let limit):
      "the archive's clusters are scattered so widely that tracking them takes more than \(limit >> 20) MiB"
    default: nil
    }
  }

  private var integritySentence: String? {
    switch self {
    case .digestMissing(let extent):
      "extent \(extent) carries no digest although the header promises one: another program rewrote it"
    case .digestMismatch(let extent):
      "the data of extent \(extent) does not match its digest, or an extent before it is missing"
    case .dataInTrailer:
      "an extent of the trailer claims to hold data"
    case .trailerMissing(let extents):
      "the archive ends after \(extents) extents without its trailer: it was cut off"
    case .trailerOutOfOrder(let expected, let found):
      "part \(found) of the trailer stands where part \(expected) must follow"
    case .trailerMalformed(let problem):
      "the trailer is malformed: \(problem)"
    case .extentAfterTrailer:
      "more extents follow the trailer, which must be the end"
    case .extentCountMismatch(let recorded, let found):
      "the archive was written with \(recorded) extents of data, and \(found) are here"
    case .trailerFromOtherHeader:
      "the trailer belongs to another header: this header was exchanged or rewritten"
    case .trailerDeviceMismatch(let id):
      "the trailer and the archive disagree about device id \(id)"
    case .deviceDigestMismatch(let device):
      "the content of device \(ArchiveName.quoted(device)) does not match the digest taken when it was written"
    case .integrityNotWritable:
      "archives are written with digests of version 1 or without any"
    default: nil
    }
  }

  private var indexSentence: String? {
    switch self {
    case .indexTooLarge(let runs):
      "the archive's clusters are in so little order that an index needs more than \(runs) runs; "
        + "'vma extract' takes it apart"
    case .clusterAbsent(let device, let cluster):
      "cluster \(cluster) of device \(ArchiveName.quoted(device)) is not in the archive"
    case .clusterNotWhereIndexed(let device, let cluster):
      "cluster \(cluster) of device \(ArchiveName.quoted(device)) is not where the index says: the archive has "
        + "changed since"
    case .blockDigestMismatch(let device, let block):
      "block \(block) of device \(ArchiveName.quoted(device)) is not what it was when it was read before"
    case .indexUnusable(let problem):
      "the index cannot be used: \(problem)"
    default: nil
    }
  }

  private var ioSentence: String {
    switch self {
    case .readFailed(let errno): "reading the archive failed: \(errno)"
    case .writeFailed(.noSpace): "writing the archive failed: no space is left where it is written to"
    case .writeFailed(.brokenPipe): "writing the archive failed: whoever reads it has gone away"
    case .writeFailed(let errno): "writing the archive failed: \(errno)"
    case .checksumUnavailable: "libcrypto offers no MD5, without which no VMA archive can be read or written"
    case .threadUnavailable(let errno): "a thread could not be started: \(errno)"
    case .partialCluster(let length):
      "\(length) bytes were given, and all but a device's last cluster must be whole (65536 bytes)"
    case .streamLongerThanDevice(let device, let size):
      "the stream for \(ArchiveName.quoted(device)) is longer than the \(size) bytes that the header promised"
    case .notAStream(let device):
      "device \(ArchiveName.quoted(device)) is a disk, and only 'vmstate' can be written as a stream"
    case .readAlready: "the archive was read already, and its input cannot be rewound"
    case .writerClosed: "the archive's writer has already finished or given up"
    case .headerNotRevisable:
      "the archive's header cannot be replaced by one that does not fit what was written"
    default: "the archive could not be processed"
    }
  }
}
