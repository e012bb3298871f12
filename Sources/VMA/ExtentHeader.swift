/// A slot of an extent's header: which cluster, and which of its blocks are stored.
struct Slot {
  /// The slot's eight bytes as one big-endian number.
  let raw: UInt64

  /// Bit i says that block i of the cluster is stored.
  @inline(__always) var mask: UInt16 { UInt16(truncatingIfNeeded: raw >> 48) }
  /// 0 in a slot that is not used.
  @inline(__always) var device: UInt8 { UInt8(truncatingIfNeeded: raw >> 32) }
  @inline(__always) var cluster: UInt64 { raw & 0xFFFF_FFFF }
}

/// Reads the 512 bytes in front of an extent's data. All functions want a buffer of at least that.
enum ExtentHeader {
  /// The whole extent's size in bytes, or nil when this is no header that can be trusted that far.
  static func size(_ header: UnsafeRawBufferPointer) -> Int? {
    let blocks = blockCount(header)
    guard header.starts(with: Layout.Extent.magic), blocks <= Layout.Extent.maximumBlocks else { return nil }
    return Layout.Extent.headerSize + blocks * Layout.blockSize
  }

  static func blockCount(_ header: UnsafeRawBufferPointer) -> Int {
    Int(header.bigEndian(at: Layout.Extent.blockCountOffset, as: UInt16.self))
  }

  @inline(__always)
  static func slot(_ index: Int, of header: UnsafeRawBufferPointer) -> Slot {
    Slot(raw: header.bigEndian(at: slotOffset(index)))
  }

  @inline(__always)
  static func slotOffset(_ index: Int) -> Int {
    Layout.Extent.slotsOffset + index * Layout.Extent.slotSize
  }

  /// Checks what can be checked without the header of the archive's device table.
  ///
  /// - Parameters:
  ///   - header: the extent's header, 512 bytes.
  ///   - available: how many bytes the archive has from the extent's start on, as far as that matters.
  ///   - offset: where that is in the archive.
  ///   - uuid: the archive's.
  ///   - checksum: the MD5 to use.
  /// - Throws: ``VMAError`` with the offset of the field at fault.
  static func check(
    header: UnsafeRawBufferPointer, available: Int, at offset: UInt64, uuid: ArchiveUUID,
    checksum: borrowing HeaderChecksum
  ) throws(VMAError) {
    guard header.starts(with: Layout.Extent.magic) else { throw VMAError(.notAnExtent, at: offset) }
    guard try checksum.matches(header, fieldOffset: Layout.Extent.checksumOffset) else {
      throw VMAError(.extentChecksumMismatch, at: offset)
    }
    guard header.uuid(at: Layout.Extent.uuidOffset) == uuid else {
      throw VMAError(.extentFromOtherArchive, at: offset + UInt64(Layout.Extent.uuidOffset))
    }
    guard header.bigEndian(at: Layout.Extent.reservedOffset, as: UInt16.self) == 0 else {
      throw VMAError(.notAnExtent, at: offset + UInt64(Layout.Extent.reservedOffset))
    }
    let blocks = blockCount(header)
    guard blocks <= Layout.Extent.maximumBlocks else {
      throw VMAError(
        .extentTooLarge(blocks: blocks), at: offset + UInt64(Layout.Extent.blockCountOffset))
    }
    let size = Layout.Extent.headerSize + blocks * Layout.blockSize
    guard available >= size else {
      throw VMAError(.extentTruncated(have: available, need: size), at: offset + UInt64(available))
    }
  }

  /// The digest that an extent of an archive with digests carries; nil in a part of the trailer.
  ///
  /// - Parameters:
  ///   - header: the extent's header, whose checksum is right.
  ///   - extent: its number.
  ///   - offset: where it is in the archive.
  /// - Returns: the digest's 48 bits, or nil.
  /// - Throws: ``VMAError`` for an extent that another program has rewritten.
  static func recordedDigest(
    _ header: UnsafeRawBufferPointer, extent: UInt64, at offset: UInt64
  ) throws(VMAError) -> UInt64? {
    let slot = slot(Layout.Integrity.digestSlot, of: header)
    let spare = SpareBytes(slot: slot.raw)
    switch (slot.device, spare.tag) {
    case (0, Layout.Integrity.trailerTag): return nil
    case (0, Layout.Integrity.dataTag): return spare.value
    default:
      throw VMAError(
        .digestMissing(extent: extent), at: offset + UInt64(slotOffset(Layout.Integrity.digestSlot)))
    }
  }
}
