/// What reading an archive to its end has proven.
public enum ArchiveProof: Equatable, Sendable {
  /// Structure, completeness, the end of the archive, and every byte of data.
  case content
  /// Structure, completeness, and the data of those devices that were asked for.
  case selectedContent
  /// Structure and completeness only, for this reason.
  case structure(Gap)

  /// Why the data was not proven.
  public enum Gap: Equatable, Sendable {
    /// The archive carries no digests, as those of Proxmox's own tools.
    case noDigests
    /// The archive carries digests of a version that this reader does not know.
    case unknownDigests(version: UInt8)
    /// The caller asked for the structure only.
    case notAskedFor
  }

  /// A sentence that says what was proven.
  public var proven: String {
    switch self {
    case .content:
      "every extent and every cluster of every device is there, and the data is what was written"
    case .selectedContent:
      "every extent and every cluster of every device is there, and the data of the devices that were asked for is what was written"
    case .structure:
      "the structure is sound, and every cluster of every disk is there exactly once"
    }
  }

  /// A sentence that says what could not be proven; nil when nothing is left open.
  public var unproven: String? {
    switch self {
    case .content: nil
    case .selectedContent:
      "the data of the other devices was not compared with its digests, because it was not asked for"
    case .structure(.noDigests):
      "the archive carries no digests, so changed data and a memory stream cut short cannot be noticed"
    case .structure(.unknownDigests(let version)):
      "the archive carries digests of the unknown version \(version), so changed data cannot be noticed"
    case .structure(.notAskedFor):
      "the data was not compared with its digests, because only the structure was asked for"
    }
  }
}

/// What an archive was found to hold when it was read to its end.
public struct ArchiveReport: Equatable, Sendable {
  /// The archive's length in bytes.
  public let bytesRead: UInt64
  /// Extents read, the trailer's included.
  public let extents: UInt64
  /// The devices in the order of the header.
  public let devices: [DeviceSummary]
  /// Zero blocks that the archive left out of clusters which hold data as well; what 4 KiB blocks save over clusters.
  public let zeroBlocksBesideData: UInt64
  /// What was proven.
  public let proof: ArchiveProof
}
