import Foundation

/// One connection to a QEMU's monitor (QMP), synchronous.
public final class QMPClient {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// Connects and leaves the negotiation behind.
  /// - Throws: ``TestSupportError`` when nobody answers within 30 seconds.
  public init(socket path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let deadline = Date(timeIntervalSinceNow: 30)
    while withUnsafePointer(
      to: &address,
      { name in
        name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }) != 0
    {
      guard Date() < deadline else { throw TestSupportError("QEMU does not listen at \(path)") }
      usleep(20_000)
    }
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    _ = try nextObject()
    try execute("qmp_capabilities")
  }

  deinit { close(descriptor) }

  /// Runs one command and returns what it gives back.
  /// - Throws: ``TestSupportError`` with QEMU's own description of an error.
  @discardableResult
  public func execute(_ command: String, _ arguments: [String: Any] = [:]) throws -> Any {
    let request = try JSONSerialization.data(withJSONObject: ["execute": command, "arguments": arguments])
    let bytes = Array(request)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw TestSupportError("QEMU has gone before '\(command)'")
    }
    while true {
      let answer = try nextObject()
      if let error = answer["error"] as? [String: Any] {
        throw TestSupportError("QEMU refuses '\(command)': \(error["desc"] ?? "")")
      }
      if let value = answer["return"] { return value }
    }
  }

  /// Asks for something again and again until it is as awaited.
  /// - Throws: ``TestSupportError`` after two minutes.
  public func wait(for command: String, until isDone: (Any) throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 120)
    while try !isDone(try execute(command)) {
      guard Date() < deadline else { throw TestSupportError("'\(command)' never gave what was awaited") }
      usleep(20_000)
    }
  }

  private func nextObject() throws -> [String: Any] {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(buffer[..<end])
        buffer.removeSubrange(...end)
        return try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
      }
      var piece = [UInt8](repeating: 0, count: 65536)
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count > 0 else { throw TestSupportError("QEMU does not answer") }
      buffer += piece[..<count]
    }
  }
}
