/// Where a server listens: a path, or a host and a port.
public enum SocketAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// A Unix socket at a path.
  case unix(path: String)
  /// A TCP port of one of this host's addresses.
  case tcp(host: String, port: UInt16)

  /// The address that nobody else can reach, for ports that come without a host.
  public static let loopback = "127.0.0.1"

  /// Reads `unix:PATH`, `tcp:HOST:PORT`, `tcp:[IPv6]:PORT`, `tcp:PORT` (loopback), or a path alone.
  ///
  /// - Throws: ``NBDServerError`` `.address`.
  public init(_ text: String) throws(NBDServerError) {
    if text.hasPrefix("tcp:") {
      self = try Self.tcp(text)
      return
    }
    let path = text.hasPrefix("unix:") ? String(text.dropFirst("unix:".count)) : text
    guard !path.isEmpty else { throw NBDServerError.address(text, reason: "it has no path") }
    guard !path.utf8.contains(0) else { throw NBDServerError.address(text, reason: "it holds a zero byte") }
    self = .unix(path: path)
  }

  private static func tcp(_ text: String) throws(NBDServerError) -> SocketAddress {
    let rest = text.dropFirst("tcp:".count)
    let colon = rest.lastIndex(of: ":")
    var host = colon.map { String(rest[..<$0]) } ?? ""
    let digits = colon.map { rest[rest.index(after: $0)...] } ?? rest
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw NBDServerError.address(text, reason: "'\(digits)' is no port number")
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw NBDServerError.address(text, reason: "an IPv6 address stands in brackets")
    }
    return .tcp(host: host.isEmpty ? loopback : host, port: port)
  }

  /// As ``init(_:)`` reads it.
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
    }
  }
}
