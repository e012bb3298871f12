/// A disk's runs, each asked for once: a walk that remembers where it is.
public struct DiskRuns {
  private let source: any DiskSource
  private var current: DiskExtent?

  /// The runs of `source`, which should be asked for in ascending order.
  public init(_ source: any DiskSource) { self.source = source }

  /// The run that holds the byte at `offset`, from there on.
  ///
  /// - Parameter offset: bytes from the disk's start.
  /// - Throws: ``DiskIOError``.
  /// - Returns: the rest of the run.
  public mutating func run(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    if let current, current.offset <= offset, offset < current.end {
      return DiskExtent(offset: offset, length: current.end - offset, isData: current.isData)
    }
    let found = try source.extent(at: offset)
    current = found
    return found
  }

  /// Fills the buffer from `offset` on; what lies in a hole is made zero without a read.
  ///
  /// - Parameters:
  ///   - buffer: filled completely.
  ///   - offset: bytes from the disk's start.
  /// - Throws: ``DiskIOError``.
  public mutating func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError)
  {
    try read(into: buffer, at: offset, blockSize: 1) { clear(buffer, $0) }
  }

  /// Fills the buffer from `offset` on, but for blocks that lie in a hole.
  ///
  /// - Parameters:
  ///   - buffer: filled completely, except where `leaveOut` was called.
  ///   - offset: bytes from the disk's start.
  ///   - blockSize: bytes in a block, which counts from the start of the buffer.
  ///   - leaveOut: called with the numbers of blocks in the buffer that are zero, and are left as they were.
  /// - Throws: ``DiskIOError``.
  public mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, blockSize: Int,
    leaveOut: (Range<Int>) -> Void
  ) throws(DiskIOError) {
    var done = 0
    while done < buffer.count {
      let run = try run(at: offset + UInt64(done))
      let end = done + Int(min(run.length, UInt64(buffer.count - done)))
      if run.isData {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<end]), at: run.offset)
      } else {
        let first = (done + blockSize - 1) / blockSize
        // The last block of the disk may be a shorter one.
        let last = end == buffer.count ? (end + blockSize - 1) / blockSize : end / blockSize
        if first < last {
          leaveOut(first..<last)
          // What is left are parts of blocks that hold data too.
          clear(buffer, done..<min(first * blockSize, end))
          clear(buffer, min(last * blockSize, end)..<end)
        } else {
          clear(buffer, done..<end)
        }
      }
      done = end
    }
  }
}

private func clear(_ buffer: UnsafeMutableRawBufferPointer, _ range: Range<Int>) {
  UnsafeMutableRawBufferPointer(rebasing: buffer[range]).initializeMemory(as: UInt8.self, repeating: 0)
}
