/// The header's table of names and configs as it grows: a pad byte, then length-prefixed blobs.
///
/// Pointers are offsets in the table; the pad byte keeps 0 free to mean "none". Lengths are the format's
/// only little-endian integers.
struct BlobTable {
  private(set) var bytes: [UInt8] = [0]

  /// Appends a blob and returns its pointer.
  ///
  /// The caller has checked `blob` against ``Layout/maximumBlob``.
  mutating func append(_ blob: some Collection<UInt8>) -> UInt32 {
    let pointer = UInt32(bytes.count)
    bytes.append(UInt8(blob.count & 0xFF))
    bytes.append(UInt8(blob.count >> 8))
    bytes.append(contentsOf: blob)
    return pointer
  }

  /// Appends a name, whose NUL counts as part of it, and returns its pointer.
  mutating func append(name: String) -> UInt32 {
    append(Array(name.utf8) + [0])
  }
}

/// The blobs of a header as read, found by walking the table from its first blob.
struct BlobTableReader {
  private let table: ArraySlice<UInt8>
  private let lengths: [Int: Int]

  /// Walks the table and keeps the blobs that `pointers` name.
  ///
  /// - Parameters:
  ///   - table: the bytes of the table, a slice of the header, so that indices are offsets in the archive.
  ///   - pointers: every pointer that the header holds.
  /// - Throws: ``VMAError`` when a blob claims more than the table has left.
  init(_ table: ArraySlice<UInt8>, pointers: Set<Int>) throws(VMAError) {
    var lengths: [Int: Int] = [:]
    var pointer = 1
    while pointer + 2 <= table.count {
      let start = table.startIndex + pointer
      let length = Int(table[start]) | Int(table[start + 1]) << 8
      guard length <= table.count - pointer - 2 else {
        throw VMAError(.blobOverrunsTable(pointer: pointer, length: length), at: UInt64(start))
      }
      if pointers.contains(pointer) { lengths[pointer] = length }
      pointer += 2 + length
    }
    self.table = table
    self.lengths = lengths
  }

  /// The blob at `pointer`, or nil when none begins there.
  func blob(at pointer: UInt32) -> ArraySlice<UInt8>? {
    guard let length = lengths[Int(pointer)] else { return nil }
    let start = table.startIndex + Int(pointer) + 2
    return table[start..<start + length]
  }
}
