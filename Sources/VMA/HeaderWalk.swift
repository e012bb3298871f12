/// Goes through an archive from one extent's header to the next, past the data between them.
struct HeaderWalk: ~Copyable {
  /// Read at once where no data lies between headers, in bytes.
  private static let window = 64 << 10

  private let storage: any ArchiveStorage
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: window, alignment: Layout.blockSize)
  private var held: Range<UInt64>
  private var hadData = true
  private var isAtEnd = false
  /// Where the next extent begins, or the archive ends.
  private(set) var end: UInt64

  /// Begins where the first extent does.
  init(_ storage: any ArchiveStorage, from start: UInt64) {
    self.storage = storage
    end = start
    held = start..<start
  }

  deinit { bytes.deallocate() }

  /// The next extent, or what stands in the place of one; nil behind the last.
  ///
  /// - Throws: ``VMAError`` for what cannot be read.
  mutating func next() throws(VMAError) -> InputBatch.Extent? {
    let left = storage.size - min(storage.size, end)
    guard !isAtEnd, left > 0 else { return nil }
    let offset = end
    if held.upperBound < offset + min(left, UInt64(Layout.Extent.headerSize)) {
      // Behind data the next header is far away.
      let wanted = min(left, UInt64(hadData ? Layout.Extent.headerSize : Self.window))
      let count = try storage.read(into: bytes.slice(0, Int(wanted)), at: offset)
      held = offset..<offset + UInt64(count)
    }
    let start = Int(offset - held.lowerBound)
    // None where the archive has shrunk since it was opened, which who checks the extent tells.
    let have = min(Layout.Extent.headerSize, Int(held.upperBound - offset))
    let size = have == Layout.Extent.headerSize ? ExtentHeader.size(slice(start, have)) : nil
    // What is no whole extent is left to who checks it.
    let available = min(left, UInt64(size ?? Int(clamping: left)))
    isAtEnd = size == nil || available < UInt64(size ?? 0)
    hadData = size != Layout.Extent.headerSize
    end += available
    return InputBatch.Extent(
      start: start, held: have, available: Int(clamping: available), offset: offset, isWanted: false)
  }

  /// The header of the extent that ``next()`` has found last; shorter only at the archive's end.
  func header(of extent: InputBatch.Extent) -> UnsafeRawBufferPointer { slice(extent.start, extent.held) }

  private func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(bytes).slice(start, count)
  }
}
