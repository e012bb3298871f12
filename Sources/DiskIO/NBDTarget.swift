import Synchronization

/// A disk written to an NBD server, up to 16 writes of up to 256 KiB under way.
public final class NBDTarget: DiskTarget {
  private let connection: NBDConnection
  /// Whether the export reads as zeros from the start, so that zeros need no work.
  private let isKnownZero: Bool
  private let slots: Mutex<WriteSlots>

  /// Bytes of the export.
  public let size: UInt64

  /// What the export is called in messages.
  public var name: String { connection.name }

  init(_ connection: NBDConnection, isKnownZero: Bool) {
    self.connection = connection
    self.isKnownZero = isKnownZero
    size = connection.size
    slots = Mutex(WriteSlots(slotSize: min(256 << 10, connection.largestRequest)))
  }

  /// Copies the bytes and sends them; an error may come with a later call. The corresponding C function is `nbd_aio_pwrite`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, UInt64(bytes.count))
    try slots.withLock { (slots) throws(DiskIOError) in
      var done = 0
      while done < bytes.count {
        let length = min(slots.slotSize, bytes.count - done)
        let piece = UnsafeRawBufferPointer(rebasing: bytes[done..<done + length])
        try slots.send(piece, at: offset + UInt64(done), over: connection)
        done += length
      }
    }
  }

  /// Has the server make zeros. The corresponding C function is `nbd_zero`.
  public func writeZeroes(_ count: UInt64, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, count)
    guard !isKnownZero, count > 0 else { return }
    // Writes under way may reach the same bytes: the server may reorder them.
    try slots.withLock { (slots) throws(DiskIOError) in try slots.wait(over: connection) }
    var done: UInt64 = 0
    let zeros = [UInt8](repeating: 0, count: connection.canZero ? 0 : 256 << 10)
    while done < count {
      // Requests carry their length in 32 bits; 1 GiB stays a multiple of every block size.
      let step = min(count - done, connection.canZero ? 1 << 30 : UInt64(zeros.count))
      if connection.canZero {
        try connection.zero(step, at: offset + done)
      } else {
        let position = offset + done
        let result = zeros.withUnsafeBytes { bytes in
          Result { () throws(DiskIOError) in
            try write(UnsafeRawBufferPointer(rebasing: bytes[..<Int(step)]), at: position)
          }
        }
        try result.get()
      }
      done += step
    }
  }

  /// Waits for all writes and a flush, and closes the connection.
  public func finish() throws(DiskIOError) {
    try slots.withLock { (slots) throws(DiskIOError) in try slots.wait(over: connection) }
    try connection.flushAndShutDown()
  }

  deinit {
    // libnbd may still be sending from the slots: the connection has to be done with them first.
    slots.withLock { slots in slots.abandon(over: connection) }
  }
}

/// Buffers of writes under way, used round and round.
private struct WriteSlots: @unchecked Sendable {
  let slotSize: Int
  private var buffers: [UnsafeMutableRawBufferPointer] = []
  private var requests: [(cookie: Int64, offset: UInt64)?] = []
  private var next = 0

  init(slotSize: Int) { self.slotSize = slotSize }

  mutating func send(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, over connection: NBDConnection)
    throws(DiskIOError)
  {
    if buffers.count < NBDConnection.depth {
      buffers.append(.allocate(byteCount: slotSize, alignment: 4096))
      requests.append(nil)
      next = buffers.count - 1
    } else {
      next = (next + 1) % buffers.count
      try wait(slot: next, over: connection)
    }
    buffers[next].copyMemory(from: bytes)
    let filled = UnsafeRawBufferPointer(rebasing: buffers[next][..<bytes.count])
    requests[next] = (try connection.startWrite(filled, at: offset), offset)
  }

  /// Waits for every write under way.
  mutating func wait(over connection: NBDConnection) throws(DiskIOError) {
    for slot in requests.indices { try wait(slot: slot, over: connection) }
  }

  private mutating func wait(slot: Int, over connection: NBDConnection) throws(DiskIOError) {
    guard let request = requests[slot] else { return }
    requests[slot] = nil
    guard connection.isComplete(request.cookie) else {
      throw NBDConnection.lastError("write to", connection.name, at: request.offset)
    }
  }

  /// Waits without looking at how the writes went, then frees the buffers.
  mutating func abandon(over connection: NBDConnection) {
    for request in requests { if let request { _ = connection.isComplete(request.cookie) } }
    for buffer in buffers { buffer.deallocate() }
    buffers = []
    requests = []
  }
}
