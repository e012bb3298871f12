import Foundation

/// A monitor of QEMU's own beside libvirt's (QMP on a Unix socket): it makes things happen to a guest from outside.
public final class QemuMonitor {
  private let descriptor: Int32

  /// Connects, and leaves the negotiation behind.
  /// - Parameter path: the socket that QEMU listens on.
  /// - Throws: ``TestSupportError``.
  public init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8) + [0]
    guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else {
      throw TestSupportError("\(path) is too long for a socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      throw TestSupportError("cannot connect to \(path): \(String(cString: strerror(errno)))")
    }
    try run("qmp_capabilities")
  }

  deinit { close(descriptor) }

  /// Runs a command without arguments and returns when QEMU has answered it.
  /// - Throws: ``TestSupportError`` when QEMU refuses it or hangs up.
  public func run(_ command: String) throws {
    let bytes = Array("{\"execute\":\"\(command)\"}\n".utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw TestSupportError("QEMU has closed its monitor before \(command)")
    }
    while true {
      let line = try nextLine()
      if line.hasPrefix("{\"error\"") { throw TestSupportError("\(command): \(line)") }
      if line.hasPrefix("{\"return\"") { return }
    }
  }

  /// The next answer or event.
  private func nextLine() throws -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      if byte != UInt8(ascii: "\r") { line.append(byte) }
    }
    throw TestSupportError("QEMU has closed its monitor: \(String(decoding: line, as: UTF8.self))")
  }
}
