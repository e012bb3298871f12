/// An extent's header as it is needed to find one of its clusters.
struct ExtentMap: Sendable {
  struct Entry: Sendable {
    let device: UInt8
    let mask: UInt16
    /// Blocks of the extent in front of this cluster's first.
    let firstBlock: UInt16
    let cluster: UInt32
  }

  /// Where the extent begins in the archive.
  let offset: UInt64
  /// Its number, the seed of its digest.
  let number: UInt64
  let blockCount: Int
  /// The digest that it carries; nil in archives without digests.
  let digest: UInt64?
  /// The slots that describe clusters, in their order.
  let entries: [Entry]

  /// Reads a header that was checked.
  init(_ header: UnsafeRawBufferPointer, at offset: UInt64, number: UInt64, digest: UInt64?) {
    self.offset = offset
    self.number = number
    self.digest = digest
    blockCount = ExtentHeader.blockCount(header)
    var entries: [Entry] = []
    entries.reserveCapacity(Layout.Extent.slots)
    var next = 0
    for index in 0..<Layout.Extent.slots {
      let slot = ExtentHeader.slot(index, of: header)
      guard slot.device != 0 else { continue }
      entries.append(
        Entry(
          device: slot.device, mask: slot.mask, firstBlock: UInt16(truncatingIfNeeded: next),
          cluster: UInt32(truncatingIfNeeded: slot.cluster)))
      next += slot.mask.nonzeroBitCount
    }
    self.entries = entries
  }

  /// The entry of a cluster.
  ///
  /// - Parameters:
  ///   - cluster: its number.
  ///   - device: the id of its device.
  ///   - guess: where it stands if the extent is in order.
  /// - Returns: the entry's index; nil where the extent does not describe the cluster.
  func index(of cluster: UInt32, device: UInt8, guess: Int) -> Int? {
    if entries.indices.contains(guess), entries[guess].cluster == cluster, entries[guess].device == device {
      return guess
    }
    return entries.firstIndex { $0.cluster == cluster && $0.device == device }
  }

  /// Where in the archive a block of the extent stands.
  func place(ofBlock block: Int) -> UInt64 {
    offset + UInt64(Layout.Extent.headerSize + block * Layout.blockSize)
  }
}
