import NBDServer
import VMA

/// Serves devices of an archive to NBD clients, read-only, until ``stop()``.
public final class ArchiveServer: Sendable {
  /// A device that is served.
  public struct Export: Equatable, Sendable {
    /// The device, and the export's name.
    public let device: String
    /// Bytes.
    public let size: UInt64
    /// How clients name it (the NBD URI specification).
    public let uri: String
  }

  /// What is served.
  public let exports: [Export]
  /// Where.
  public let address: SocketAddress

  private let server: NBDServer

  /// Listens and begins to serve.
  ///
  /// - Parameters:
  ///   - archive: the archive.
  ///   - devices: names of the devices; nil for all.
  ///   - address: a Unix socket (its mode is 0600) or a TCP port, of which 0 lets the system choose one.
  ///   - log: told of data that cannot be read, with its places, and of clients that break the protocol.
  /// - Throws: ``ArchiveOperationError`` for a device that is not there, `NBDServerError`.
  public convenience init(
    _ archive: IndexedArchive, devices: [String]?, at address: SocketAddress,
    log: @escaping @Sendable (String) -> Void
  ) throws {
    try self.init(archive, devices: devices, on: ListeningSocket(address), log: log)
  }

  init(
    _ archive: IndexedArchive, devices: [String]?, on socket: ListeningSocket,
    log: @escaping @Sendable (String) -> Void
  ) throws {
    let names = devices ?? archive.index.devices.map(\.device.name)
    let served = try names.map { ArchiveExport(archive, try archive.position(of: $0), log: log) }
    guard !served.isEmpty else { throw ArchiveOperationError.nothingToServe(path: archive.path) }
    address = socket.address
    exports = served.map {
      Export(device: $0.name, size: $0.size, uri: socket.address.uri(ofExport: $0.name))
    }
    server = try NBDServer([.init(served, at: socket)], log: log)
  }

  deinit { server.stop() }

  /// Lets each client have the answer to its request, and ends; the socket goes with the server.
  public func stop() { server.stop() }
}

extension SocketAddress {
  /// The NBD URI of an export at this address.
  func uri(ofExport name: String) -> String {
    switch self {
    case .unix(let path):
      "nbd+unix:///\(Self.escaped(name, keeping: ""))?socket=\(Self.escaped(path, keeping: "/"))"
    case .tcp(let host, let port):
      "nbd://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(Self.escaped(name, keeping: ""))"
    }
  }

  /// RFC 3986: all but unreserved characters, and those that are to be kept, as `%XX`.
  private static func escaped(_ text: String, keeping others: String) -> String {
    let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~\(others)".utf8)
    let digits = Array("0123456789ABCDEF")
    var escaped = ""
    for byte in text.utf8 {
      if kept.contains(byte) {
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        escaped += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return escaped
  }
}
