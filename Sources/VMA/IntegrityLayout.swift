extension Layout {
  /// The numbers of our integrity format, version 1 (docs/vma-integrity.md).
  enum Integrity {
    static let version: UInt8 = 1
    /// "VMAI", the version, three zero bytes: in the header's reserved area.
    static let headerMagic: UInt32 = 0x564D_4149
    static let headerMarker: UInt64 = UInt64(headerMagic) << 32 | UInt64(version) << 24
    static let markerSize = 8

    /// The slot of an extent that carries its digest or, in the trailer, the part's numbers.
    static let digestSlot = Extent.slots - 1
    /// Bytes of a slot that readers ignore when its device id is 0.
    static let spareBytesPerSlot = 7
    /// Tag of the digest slot of an extent with clusters.
    static let dataTag: UInt8 = 0xD1
    /// Tag of the digest slot of a part of the trailer.
    static let trailerTag: UInt8 = 0xE1
    /// Trailer bytes that one part carries.
    static let partCapacity = digestSlot * spareBytesPerSlot

    static let recordFixedSize = 32
    static let recordDeviceSize = 40
  }
}
