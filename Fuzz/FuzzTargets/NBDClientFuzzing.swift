import Glibc
import NBDServer
import Synchronization

enum NBDClientFuzzing {
  private static let service = Service()

  static func run(_ bytes: UnsafeRawBufferPointer) {
    // What fits into the socket's buffer is sent without waiting for any answer, as a hostile client may.
    let answer = service.answer(to: UnsafeRawBufferPointer(rebasing: bytes.prefix(64 << 10)))
    precondition(answer.starts(with: Array("NBDMAGIC".utf8)), "no greeting")
  }

  /// One server for all inputs, so that one client's mischief would show in the next one's answer.
  private final class Service: Sendable {
    private let server: NBDServer
    private let path: String

    init() {
      var template = Array("/tmp/snapsh-fuzz-XXXXXX".utf8CString)
      guard let directory = mkdtemp(&template).map({ String(cString: $0) }) else {
        preconditionFailure("no temporary directory to be had: errno \(errno)")
      }
      path = directory + "/nbd.sock"
      do {
        let socket = try ListeningSocket(.unix(path: path))
        server = try NBDServer([
          NBDServer.Offer([Disk("disk", isReadOnly: false), Disk("fixed", isReadOnly: true)], at: socket)
        ])
      } catch {
        preconditionFailure("no server: \(error)")
      }
      Self.path.withLock { $0 = path }
      atexit {
        let path = Service.path.withLock { $0 }
        unlink(path)
        rmdir(String(path.dropLast("/nbd.sock".count)))
      }
    }

    private static let path = Mutex("")

    func answer(to bytes: UnsafeRawBufferPointer) -> [UInt8] {
      let client = connect()
      defer { close(client) }
      var sent = 0
      while sent < bytes.count {
        let count = send(client, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
        // libFuzzer's alarm clock interrupts calls; and the server may hang up at any point.
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { break }
        sent += count
      }
      shutdown(client, Int32(SHUT_WR))
      var answer: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        let count = recv(client, &buffer, buffer.count, 0)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return answer }
        if answer.count < 64 { answer += buffer.prefix(count) }
      }
    }

    private func connect() -> Int32 {
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      precondition(status == 0, "the server takes no connection: errno \(errno)")
      return descriptor
    }
  }
}

/// 256 KiB of memory as an export. Each range that it is given must lie within it.
private final class Disk: NBDExport {
  let name: String
  let isReadOnly: Bool
  let size: UInt64 = 256 << 10
  private let bytes = Mutex([UInt8](repeating: 0, count: 256 << 10))

  init(_ name: String, isReadOnly: Bool) {
    self.name = name
    self.isReadOnly = isReadOnly
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) {
    bytes.withLock { buffer.copyBytes(from: $0[place(offset, UInt64(buffer.count))]) }
  }

  func write(_ data: UnsafeRawBufferPointer, at offset: UInt64) {
    precondition(!isReadOnly, "a write to what is not to be written to")
    bytes.withLock { $0.replaceSubrange(place(offset, UInt64(data.count)), with: data) }
  }

  func zero(_ range: Range<UInt64>) {
    precondition(!isReadOnly, "a write to what is not to be written to")
    bytes.withLock { bytes in
      let place = place(range.lowerBound, UInt64(range.count))
      bytes.replaceSubrange(place, with: repeatElement(0, count: place.count))
    }
  }

  func trim(_ range: Range<UInt64>) { zero(range) }

  func extents(of range: Range<UInt64>, limit: Int) -> [NBDExtent] {
    _ = place(range.lowerBound, UInt64(range.count))
    precondition(limit > 0, "no extent may be told")
    return [NBDExtent(length: UInt64(range.count), kind: .data)]
  }

  private func place(_ offset: UInt64, _ length: UInt64) -> Range<Int> {
    precondition(offset <= size && length <= size - offset, "a request past the end")
    return Int(offset)..<Int(offset + length)
  }
}
