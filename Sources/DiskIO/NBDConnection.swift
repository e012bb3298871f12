import CLibNBD
import Glibc
import SystemPackage

/// A connection to one NBD export.
///
/// libnbd keeps the text of an error per thread, so every call reads it before it returns.
final class NBDConnection: @unchecked Sendable {
  private let handle: OpaquePointer
  /// The socket once more: libnbd closes its own when it likes, and has a lock around it while it waits.
  private var wire: Int32 = -1
  /// What the export is called in messages.
  let name: String
  /// Bytes of the export.
  private(set) var size: UInt64 = 0
  /// Whether the server tells data from holes (`base:allocation`).
  private(set) var tellsHoles = false
  /// Whether the server writes zeros without being sent them.
  private(set) var canZero = false
  /// Bytes of the largest request that is sent.
  private(set) var largestRequest = 512 << 10
  /// Requests under way at one time; qemu-nbd serves 16 of one client.
  static let depth = 16

  /// Connects by `connect`, which gets the handle and returns what libnbd's connect function did.
  init(name: String, connect: (OpaquePointer) -> Int32) throws(DiskIOError) {
    guard let handle = nbd_create() else {
      throw Self.lastError("connect to", name)
    }
    self.handle = handle
    self.name = name
    nbd_add_meta_context(handle, "base:allocation")
    guard connect(handle) == 0 else {
      throw Self.lastError("connect to", name)
    }
    guard let size = UInt64(exactly: nbd_get_size(handle)) else {
      throw Self.lastError("find the size of", name)
    }
    self.size = size
    wire = fcntl(nbd_aio_get_fd(handle), F_DUPFD_CLOEXEC, 0)
    tellsHoles = nbd_can_meta_context(handle, "base:allocation") == 1
    canZero = nbd_can_zero(handle) == 1
    let maximum = nbd_get_block_size(handle, Int32(LIBNBD_SIZE_MAXIMUM))
    if maximum > 0 { largestRequest = min(largestRequest, Int(maximum)) }
  }

  deinit {
    if wire >= 0 { close(wire) }
    // Also ends and waits for a server that libnbd started.
    nbd_close(handle)
  }

  /// Ends the connection at once, whoever waits for it. The corresponding C function is `shutdown`.
  func hangUp() {
    guard wire >= 0 else { return }
    shutdown(wire, Int32(SHUT_RDWR))
    // QEMU 7.2 does not notice the end as long as it waits for room to send: answers that nobody has taken are taken.
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { space in
      while recv(wire, space.baseAddress, space.count, Int32(MSG_DONTWAIT)) > 0 {}
    }
  }

  /// Fills the buffer with up to ``depth`` requests under way.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    guard let base = buffer.baseAddress else { return }
    // Many small requests on the way are faster than one large.
    let piece = min(largestRequest, max(64 << 10, buffer.count / Self.depth / 4096 * 4096))
    var window = RequestWindow()
    var asked = 0
    while asked < buffer.count || !window.isEmpty {
      if asked < buffer.count, window.count < Self.depth {
        let length = min(piece, buffer.count - asked)
        let position = offset + UInt64(asked)
        let cookie = nbd_aio_pread(handle, base + asked, length, position, nbd_completion_callback(), 0)
        guard cookie >= 0 else { throw abandon(window, "read", at: position) }
        window.append(cookie, position)
        asked += length
      } else if let request = window.removeFirst() {
        guard isComplete(request.cookie) else { throw abandon(window, "read", at: request.offset) }
      }
    }
  }

  /// Sends a read; the buffer belongs to libnbd until ``isComplete(_:)`` has been asked about it.
  func startRead(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) -> Int64 {
    let base = buffer.baseAddress ?? UnsafeMutableRawPointer(handle)
    let cookie = nbd_aio_pread(handle, base, buffer.count, offset, nbd_completion_callback(), 0)
    guard cookie >= 0 else { throw Self.lastError("read", name, at: offset) }
    return cookie
  }

  /// Sends a write; the bytes must stay as they are until ``isComplete(_:)`` has been asked about it.
  func startWrite(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError) -> Int64 {
    let cookie = nbd_aio_pwrite(
      handle, bytes.baseAddress ?? UnsafeRawPointer(handle), bytes.count, offset, nbd_completion_callback(), 0
    )
    guard cookie >= 0 else { throw Self.lastError("write to", name, at: offset) }
    return cookie
  }

  /// Waits for a request; false when it failed, with libnbd's error set.
  func isComplete(_ cookie: Int64) -> Bool {
    while true {
      switch nbd_aio_command_completed(handle, UInt64(bitPattern: cookie)) {
      case 1: return true
      case 0: if nbd_poll(handle, -1) < 0 { return false }
      default: return false
      }
    }
  }

  /// Has the server write zeros, leaving a hole where it can.
  func zero(_ count: UInt64, at offset: UInt64) throws(DiskIOError) {
    guard nbd_zero(handle, count, offset, 0) == 0 else {
      throw Self.lastError("write to", name, at: offset)
    }
  }

  /// Waits until the server has all data safe, and says goodbye.
  func flushAndShutDown() throws(DiskIOError) {
    if nbd_can_flush(handle) == 1, nbd_flush(handle, 0) != 0 {
      throw Self.lastError("finish writing", name)
    }
    guard nbd_shutdown(handle, 0) == 0 else { throw Self.lastError("finish writing", name) }
  }

  /// The runs from `offset` on, as far as the server tells in one answer; at least one.
  func extents(at offset: UInt64) throws(DiskIOError) -> [DiskExtent] {
    let all = DiskExtent(offset: offset, length: size - offset, isData: true)
    guard tellsHoles else { return [all] }
    let collector = ExtentCollector()
    let callback = nbd_extent_callback(
      callback: collectExtents, user_data: Unmanaged.passRetained(collector).toOpaque(),
      free: releaseExtentCollector)
    guard nbd_block_status(handle, min(size - offset, 2 << 30), offset, callback, 0) == 0 else {
      throw Self.lastError("find the data of", name, at: offset)
    }
    var runs: [DiskExtent] = []
    var position = offset
    for (length, flags) in collector.entries where position < size && length > 0 {
      let run = DiskExtent(
        offset: position, length: min(UInt64(length), size - position),
        // A hole need not read as zeros; only the zero flag promises that.
        isData: flags & nbdStateZero == 0)
      position = run.end
      if let last = runs.last, last.isData == run.isData {
        runs[runs.count - 1].length += run.length
      } else {
        runs.append(run)
      }
    }
    return runs.isEmpty ? [all] : runs
  }

  /// The error of the request that just failed, after all others have come back: they write into the caller's buffer.
  private func abandon(_ window: RequestWindow, _ operation: String, at offset: UInt64) -> DiskIOError {
    let error = Self.lastError(operation, name, at: offset)
    for request in window.requests { _ = isComplete(request.cookie) }
    return error
  }

  /// libnbd's error of this thread.
  static func lastError(_ operation: String, _ name: String, at offset: UInt64? = nil) -> DiskIOError {
    var message = nbd_get_error().map { String(cString: $0) } ?? "unknown error"
    // "nbd_connect_unix: connect: No such file or directory": the function's name says nothing to the reader.
    if message.hasPrefix("nbd_"), let colon = message.firstIndex(of: ":") {
      message = String(message[colon...].drop { $0 == ":" || $0 == " " })
    }
    return .nbd(
      operation: operation, name: name, message: message, errno: Errno(rawValue: nbd_get_errno()),
      offset: offset)
  }
}

/// `NBD_STATE_ZERO` of base:allocation: the run reads as zeros (NBD protocol, "Metadata contexts").
private let nbdStateZero: UInt32 = 2

/// Requests in the order they were sent.
private struct RequestWindow {
  private(set) var requests: [(cookie: Int64, offset: UInt64)] = []

  var isEmpty: Bool { requests.isEmpty }
  var count: Int { requests.count }

  mutating func append(_ cookie: Int64, _ offset: UInt64) { requests.append((cookie, offset)) }

  mutating func removeFirst() -> (cookie: Int64, offset: UInt64)? {
    requests.isEmpty ? nil : requests.removeFirst()
  }
}

/// What the server's answer to one block status request holds.
private final class ExtentCollector {
  var entries: [(length: UInt32, flags: UInt32)] = []
}

/// libnbd calls this once per metadata context, with pairs of length and flags.
private func collectExtents(
  _ collector: UnsafeMutableRawPointer?, _ context: UnsafePointer<CChar>?, _ offset: UInt64,
  _ entries: UnsafeMutablePointer<UInt32>?, _ count: Int, _ error: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guard let collector, let entries else { return 0 }
  let taken = Unmanaged<ExtentCollector>.fromOpaque(collector).takeUnretainedValue()
  let words = UnsafeBufferPointer(start: entries, count: count)
  for index in stride(from: 0, to: count - 1, by: 2) {
    taken.entries.append((words[index], words[index + 1]))
  }
  return 0
}

private func releaseExtentCollector(_ collector: UnsafeMutableRawPointer?) {
  guard let collector else { return }
  Unmanaged<ExtentCollector>.fromOpaque(collector).release()
}
