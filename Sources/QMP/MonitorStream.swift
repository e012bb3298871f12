import Glibc
import SystemPackage

/// The bytes of one connection to a monitor, as lines; it never waits longer than it is told to.
final class MonitorStream {
  /// Bytes that one message may have.
  static let longestLine = 64 << 20

  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  /// Bytes at the buffer's beginning that hold no end of a line.
  private var searched = 0

  /// Connects; the corresponding C functions are `socket` and `connect`.
  init(path: String) throws(QMPError) {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { throw .pathTooLong(path) }
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    descriptor = socket(AF_UNIX, Int32(type), 0)
    self.path = path
    guard descriptor >= 0 else { throw .connect(path: path, Errno(rawValue: errno)) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard status == 0 else {
      let failure = Errno(rawValue: errno)
      // A queue that is full: whoever listens is busy with others.
      throw failure == .resourceTemporarilyUnavailable
        ? .noGreeting(path: path) : .connect(path: path, failure)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The process at the other end, as it was when it began to listen.
  var peer: Int32? {
    // struct ucred: process, user, group.
    var credentials: [Int32] = [0, 0, 0]
    var size = socklen_t(MemoryLayout<Int32>.size * credentials.count)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, credentials[0] > 0
    else { return nil }
    return credentials[0]
  }

  /// Sends all of the bytes.
  func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) throws(QMPError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        Glibc.send(
          descriptor, all.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EPIPE || errno == ECONNRESET {
        throw .gone(path: path)
      } else if errno == EAGAIN {
        guard try wait(for: Int16(POLLOUT), until: deadline) else { throw .gone(path: path) }
      } else if errno != EINTR {
        throw .system(path: path, Errno(rawValue: errno))
      }
    }
  }

  /// The next line without its end; nil when none has come until then.
  func line(until deadline: ContinuousClock.Instant) throws(QMPError) -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        searched = 0
        return line
      }
      searched = buffer.count
      guard buffer.count <= Self.longestLine else {
        throw .notQMP(path: path, reason: "it sent a line of more than \(Self.longestLine) bytes")
      }
      if try receive() { continue }
      guard try wait(for: Int16(POLLIN), until: deadline) else { return nil }
    }
  }

  /// Takes what has come; false when that is nothing.
  private func receive() throws(QMPError) -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count > 0 {
      buffer += piece[..<count]
      return true
    }
    if count == 0 || errno == ECONNRESET { throw .gone(path: path) }
    if errno == EAGAIN || errno == EINTR { return false }
    throw .system(path: path, Errno(rawValue: errno))
  }

  /// Waits until the socket is ready; false when it is not until then, or a signal came.
  private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws(QMPError) -> Bool {
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return false }
    let (seconds, fraction) = left.components
    let milliseconds = Int32(clamping: min(seconds, 86_400) * 1000 + fraction / 1_000_000_000_000_000 + 1)
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    let count = poll(&entry, 1, milliseconds)
    guard count < 0 else { return count > 0 }
    guard errno == EINTR else { throw .system(path: path, Errno(rawValue: errno)) }
    return false
  }
}
