import Glibc
import Synchronization
import SystemPackage

/// Why a connection ended other than by the protocol.
enum ConnectionError: Error, Equatable {
  /// The client went away in the middle of something.
  case closed
  /// A system call on the socket failed.
  case system(Errno)
  /// The client sent what no client may send; the sentence says what.
  case violation(String)
  /// The client did not go on for so long; the sentence says with what.
  case stalled(String, Duration)
  /// An answer could not be ended as it was begun; the sentence says why.
  case abandoned(String)
}

/// The bytes of one connection.
final class ClientStream: Sendable {
  private let descriptor: Int32
  private let count: Atomic<UInt64>
  private let limit: Mutex<Duration>

  /// Takes over an open, blocking socket.
  ///
  /// - Parameters:
  ///   - descriptor: the socket.
  ///   - limit: how long the client may go without sending or taking a byte that is due.
  init(_ descriptor: FileDescriptor, limit: Duration) {
    self.descriptor = descriptor.rawValue
    count = Atomic(0)
    self.limit = Mutex(limit)
    setLimit(limit)
  }

  /// Changes how long the client may go without sending or taking a byte that is due.
  ///
  /// The corresponding socket options are `SO_RCVTIMEO` and `SO_SNDTIMEO`.
  func setLimit(_ limit: Duration) {
    self.limit.withLock { $0 = limit }
    var time = timeval(
      tv_sec: Int(limit.components.seconds),
      tv_usec: Int(limit.components.attoseconds / 1_000_000_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  deinit { close(descriptor) }

  /// Bytes received until now.
  var received: UInt64 { count.load(ordering: .relaxed) }

  /// Ends reading, so that the connection's thread sees the client gone once it has answered. From any thread.
  func stopReading() { shutdown(descriptor, Int32(SHUT_RD)) }

  /// Ends the connection in both directions. From any thread.
  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Fills the buffer.
  ///
  /// - Parameters:
  ///   - buffer: takes the bytes.
  ///   - mayBeIdle: whether the client may let the first byte wait as long as it likes.
  /// - Throws: ``ConnectionError``.
  /// - Returns: false when the client has closed before the first byte.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, mayBeIdle: Bool = false
  ) throws(ConnectionError) -> Bool {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let got = recv(descriptor, rest.baseAddress, rest.count, Int32(MSG_WAITALL))
      if got > 0 {
        done += got
        count.add(UInt64(got), ordering: .relaxed)
      } else if got == 0 {
        guard done == 0 else { throw .closed }
        return false
      } else if errno == EAGAIN {
        if !mayBeIdle || done > 0 { throw .stalled("sent nothing of what was due", limit.withLock { $0 }) }
      } else if errno != EINTR {
        throw errno == ECONNRESET ? .closed : .system(Errno(rawValue: errno))
      }
    }
    return true
  }

  /// The next bytes, of which all must come.
  func bytes(_ count: Int) throws(ConnectionError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard count > 0 else { return bytes }
    var failure: ConnectionError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(ConnectionError) {
        if try !read(into: buffer) { failure = .closed }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads bytes and forgets them.
  func discard(_ count: UInt64) throws(ConnectionError) {
    var left = count
    while left > 0 {
      let piece = Int(min(left, 64 << 10))
      _ = try bytes(piece)
      left -= UInt64(piece)
    }
  }

  /// Sends bytes, and a buffer behind them, as one message.
  func send(_ head: [UInt8], _ tail: UnsafeRawBufferPointer? = nil) throws(ConnectionError) {
    var failure: ConnectionError?
    head.withUnsafeBytes { head in
      do throws(ConnectionError) {
        // MSG_MORE: one packet where there is more to come.
        try sendAll(head, flags: tail == nil ? 0 : Int32(MSG_MORE))
        if let tail { try sendAll(tail, flags: 0) }
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Sends buffers one behind the other, in as few system calls as can be.
  ///
  /// The corresponding C function is `sendmsg`.
  func send(_ buffers: [iovec]) throws(ConnectionError) {
    var buffers = buffers
    var first = 0
    while first < buffers.count {
      let count = min(buffers.count - first, 512)
      let sent = buffers.withUnsafeMutableBufferPointer { all in
        var message = msghdr()
        message.msg_iov = all.baseAddress.map { $0 + first }
        message.msg_iovlen = count
        return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
      }
      guard sent >= 0 else {
        try checkSending()
        continue
      }
      var done = sent
      while first < buffers.count, done >= buffers[first].iov_len {
        done -= buffers[first].iov_len
        first += 1
      }
      if done > 0 {
        buffers[first].iov_base += done
        buffers[first].iov_len -= done
      }
    }
  }

  private func sendAll(_ bytes: UnsafeRawBufferPointer, flags: Int32) throws(ConnectionError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let sent = Glibc.send(descriptor, rest.baseAddress, rest.count, flags | Int32(MSG_NOSIGNAL))
      if sent >= 0 {
        done += sent
      } else {
        try checkSending()
      }
    }
  }

  /// Returns when sending has failed for no good reason, so that it can be tried again.
  private func checkSending() throws(ConnectionError) {
    switch errno {
    case EINTR: return
    case EPIPE, ECONNRESET: throw .closed
    case EAGAIN: throw .stalled("took nothing of what it was sent", limit.withLock { $0 })
    default: throw .system(Errno(rawValue: errno))
    }
  }
}
