/// Reads of data that will be wanted next, under way while the caller works on what it has: up to 16 of 256 KiB.
///
/// Whoever reads a disk's data runs in ascending order finds every byte on its way already; any other order works too,
/// one request after another.
struct NBDReadAhead: @unchecked Sendable {
  private struct Piece {
    let offset: UInt64
    let length: Int
    let buffer: UnsafeMutableRawBufferPointer
    let cookie: Int64
    var isHere = false

    var end: UInt64 { offset + UInt64(length) }
  }

  private let connection: NBDConnection
  private let pieceSize: Int
  private var pieces: [Piece] = []
  private var free: [UnsafeMutableRawBufferPointer] = []
  /// Where the next piece begins.
  private var next: UInt64 = 0

  init(_ connection: NBDConnection) {
    self.connection = connection
    pieceSize = min(256 << 10, connection.largestRequest)
  }

  /// Fills the buffer, and sends for what follows it in `runs`.
  ///
  /// - Parameters:
  ///   - buffer: filled completely.
  ///   - offset: bytes from the disk's start.
  ///   - runs: the runs from `offset` on, as far as they are known; ascending.
  /// - Throws: ``DiskIOError`` of the first request that failed.
  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, runs: ArraySlice<DiskExtent>
  ) throws(DiskIOError) {
    var done = 0
    while done < buffer.count {
      let position = offset + UInt64(done)
      if pieces.first.map({ $0.offset > position || $0.end <= position }) ?? true {
        abandon()
        next = position
      }
      try sendForMore(runs)
      guard var piece = pieces.first, piece.offset <= position else {
        // Not in a run that is known: read it plainly.
        return try connection.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: position)
      }
      if !piece.isHere {
        guard connection.isComplete(piece.cookie) else {
          let error = NBDConnection.lastError("read", connection.name, at: piece.offset)
          free.append(pieces.removeFirst().buffer)
          throw error
        }
        piece.isHere = true
        pieces[0] = piece
      }
      let start = Int(position - piece.offset)
      let count = min(piece.length - start, buffer.count - done)
      UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece.buffer[start..<start + count]))
      done += count
      if start + count == piece.length { free.append(pieces.removeFirst().buffer) }
    }
  }

  /// Fills the window with requests for the data of `runs` from ``next`` on.
  private mutating func sendForMore(_ runs: ArraySlice<DiskExtent>) throws(DiskIOError) {
    for run in runs where run.isData && run.end > next {
      next = max(next, run.offset)
      while next < run.end {
        guard pieces.count < NBDConnection.depth else { return }
        let length = Int(min(UInt64(pieceSize), run.end - next))
        let buffer = free.popLast() ?? .allocate(byteCount: pieceSize, alignment: 4096)
        do throws(DiskIOError) {
          let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length])
          let cookie = try connection.startRead(into: part, at: next)
          pieces.append(Piece(offset: next, length: length, buffer: buffer, cookie: cookie))
        } catch {
          free.append(buffer)
          throw error
        }
        next += UInt64(length)
      }
    }
  }

  /// Waits for what is under way, because it writes into our buffers, and forgets it.
  private mutating func abandon() {
    for piece in pieces {
      if !piece.isHere { _ = connection.isComplete(piece.cookie) }
      free.append(piece.buffer)
    }
    pieces = []
  }

  /// Ends everything; call it once, last.
  mutating func end() {
    abandon()
    for buffer in free { buffer.deallocate() }
    free = []
  }
}
