import XMLTree

/// The TCP port at which QEMU serves a backup's disks: on the guest's host, and reached from this one by the same name.
///
/// The connection is neither protected by a password nor encrypted.
public struct BackupServer: Equatable, Sendable {
  /// NBD's own port, by IANA.
  public static let usualPort: UInt16 = 10809

  /// A name or an address.
  public let host: String
  /// The port.
  public let port: UInt16

  /// Reads `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
  ///
  /// - Throws: ``GuestArchiveError`` `.serverAddress`.
  public init(_ text: String) throws(GuestArchiveError) {
    var host = Substring(text)
    var digits: Substring?
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw .serverAddress(text, reason: "behind ']' stands no port")
      }
      digits = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      digits = text[text.index(after: colon)...]
      guard !host.contains(":") else {
        throw .serverAddress(text, reason: "an IPv6 address stands in brackets")
      }
    }
    let port = digits.map { $0.allSatisfy(\.isNumber) ? UInt16($0) ?? 0 : 0 } ?? Self.usualPort
    guard port > 0 else { throw .serverAddress(text, reason: "'\(digits ?? "")' is no port number") }
    guard !host.isEmpty, host.utf8.allSatisfy(Self.isPlain) else {
      throw .serverAddress(text, reason: "it has no host")
    }
    guard !["0.0.0.0", "::"].contains(host) else {
      throw .serverAddress(text, reason: "nobody can connect to '\(host)'")
    }
    self.host = String(host)
    self.port = port
  }

  /// Letters, digits, and what else stands in names and addresses (a scope's `%` does not).
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// As the `<server>` of a `<domainbackup>` document has it.
  var attributes: [XMLAttribute] {
    [.init("transport", "tcp"), .init("name", host), .init("port", "\(port)")]
  }

  /// The same for a Unix socket.
  static func attributes(ofSocket path: String) -> [XMLAttribute] {
    [.init("transport", "unix"), .init("socket", path)]
  }

  /// The export of a disk; targets have no letters that a URI escapes.
  func exportURI(_ target: String) -> String {
    "nbd://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(target)"
  }
}
