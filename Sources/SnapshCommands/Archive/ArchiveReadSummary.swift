import VMA

/// What reading an archive to its end has shown.
struct ArchiveReadSummary: Encodable {
  struct Device: Encodable {
    let name: String
    /// What it holds.
    let sizeBytes: UInt64
    /// Bytes of blocks that are stored, and of those left out because they are zero.
    let storedBytes: UInt64
    let zeroBytes: UInt64
    /// Of the content; the same for the plain image (docs/vma-integrity.md).
    let digest: String?
  }

  /// Bytes of the archive.
  let bytesRead: UInt64
  let extentCount: UInt64
  let devices: [Device]
  /// A sentence each; nothing is left unproven in an archive with digests.
  let proven: String
  let unproven: String?

  private let clusters: UInt64
  private let zeroBlocks: UInt64
  private let zeroBlocksBesideData: UInt64

  private enum CodingKeys: String, CodingKey {
    case bytesRead, extentCount, devices, proven, unproven
  }

  init(_ report: ArchiveReport) {
    bytesRead = report.bytesRead
    extentCount = report.extents
    devices = report.devices.map {
      Device(
        name: $0.device.name, sizeBytes: $0.length, storedBytes: $0.storedBlocks * UInt64(Layout.blockSize),
        zeroBytes: $0.zeroBlocks * UInt64(Layout.blockSize), digest: $0.digest?.description)
    }
    proven = report.proof.proven
    unproven = report.proof.unproven
    clusters = report.devices.reduce(0) { $0 + $1.clusters }
    zeroBlocks = report.devices.reduce(0) { $0 + $1.zeroBlocks }
    zeroBlocksBesideData = report.zeroBlocksBesideData
  }

  /// The closing lines of Proxmox's tool.
  var text: String {
    guard clusters > 0 else { return "vma archive contains no image data\n" }
    let read = clusters * UInt64(Layout.clusterSize)
    let sparse = zeroBlocks * UInt64(Layout.blockSize)
    let share = (100 * Double(sparse) / Double(read)).threeDigits
    var text = "total bytes read \(read), sparse bytes \(sparse) (\(share)%)\n"
    guard read > sparse else { return text }
    let saved = 100 * Double(zeroBlocksBesideData * UInt64(Layout.blockSize)) / Double(read - sparse)
    text += "space reduction due to 4K zero blocks \(saved.threeDigits)%\n"
    return text
  }
}
