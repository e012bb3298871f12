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
    var done = 0
    while done < buffer.count {
      let run = try run(at: offset + UInt64(done))
      let length = Int(min(run.length, UInt64(buffer.count - done)))
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + length])
      if run.isData {
        try source.read(into: part, at: run.offset)
      } else {
        part.initializeMemory(as: UInt8.self, repeating: 0)
      }
      done += length
    }
  }
}
