import CLibNBD
import Synchronization

/// A disk read from an NBD server, holes told by its block status (`base:allocation`).
public final class NBDSource: DiskSource {
  private let connection: NBDConnection
  private let state: Mutex<State>

  private struct State {
    /// The runs of the last answer; they are asked for in ascending order.
    var known: ArraySlice<DiskExtent> = []
    var ahead: NBDReadAhead
  }

  /// Bytes of the export, rounded up to 512.
  public let size: UInt64

  /// What the export is called in messages.
  public var name: String { connection.name }

  /// Connects to an export.
  ///
  /// The corresponding C function is `nbd_connect_uri`.
  /// - Parameter uri: as the NBD URI specification has it: `nbd://host/export`, `nbd+unix:///export?socket=PATH`.
  /// - Throws: ``DiskIOError`` `.nbd` with libnbd's message, `.empty` for an export of 0 bytes.
  public convenience init(uri: String) throws(DiskIOError) {
    let connection = try NBDConnection(name: uri) { nbd_connect_uri($0, uri) }
    try self.init(connection)
  }

  init(_ connection: NBDConnection) throws(DiskIOError) {
    guard connection.size > 0 else { throw DiskIOError.empty(path: connection.name) }
    // libnbd has sizes as positive 64-bit numbers: there is room to round up.
    size = roundedToSectors(connection.size) ?? connection.size
    self.connection = connection
    state = Mutex(State(ahead: NBDReadAhead(connection)))
  }

  deinit {
    state.withLock { $0.ahead.end() }
  }

  /// Ends the connection at once, on any thread; what is under way fails, and so does what is asked for later.
  ///
  /// A server may have answers on the way that nobody takes, and cannot let go of its disk before they are gone.
  public func hangUp() { connection.hangUp() }

  /// The run at `offset`. The corresponding C function is `nbd_block_status`.
  public func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    try requireRange(offset, 1)
    guard offset < connection.size else {
      return DiskExtent(offset: offset, length: size - offset, isData: false)
    }
    return try state.withLock { (state) throws(DiskIOError) in
      if let first = state.known.first, offset < first.offset { state.known = [] }
      state.known = state.known.drop { $0.end <= offset }
      if state.known.isEmpty { state.known = try connection.extents(at: offset)[...] }
      guard let run = state.known.first else {
        return DiskExtent(offset: offset, length: size - offset, isData: true)
      }
      let end = run.end == connection.size ? size : run.end
      return DiskExtent(offset: offset, length: end - offset, isData: run.isData)
    }
  }

  /// Fills the buffer, many requests under way. The corresponding C function is `nbd_aio_pread`.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, buffer.count)
    let inExport = min(buffer.count, Int(clamping: connection.size - min(offset, connection.size)))
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<inExport])
    try state.withLock { (state) throws(DiskIOError) in
      try state.ahead.read(into: part, at: offset, runs: state.known)
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[inExport...]).initializeMemory(
      as: UInt8.self, repeating: 0)
  }
}
