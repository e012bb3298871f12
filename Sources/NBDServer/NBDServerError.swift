import SystemPackage

/// What keeps a server from listening.
public enum NBDServerError: Error, Equatable, Sendable {
  /// A text names no address. `reason` says what is wrong.
  case address(String, reason: String)
  /// The path of a Unix socket has more bytes than the kernel's 107.
  case pathTooLong(String)
  /// A process listens at the address already.
  case inUse(String)
  /// Something that is no socket stands at the path.
  case notASocket(path: String)
  /// A system call failed. `operation` completes "cannot …".
  case system(operation: String, address: String, errno: Errno)
  /// A host name could not be resolved; `reason` is the resolver's.
  case resolution(host: String, reason: String)
  /// No thread could be started.
  case thread(Errno)
}

extension NBDServerError: CustomStringConvertible {
  /// One sentence for the person who asked.
  public var description: String {
    switch self {
    case .address(let text, let reason):
      "'\(text)' is no address: \(reason); write unix:PATH or tcp:HOST:PORT"
    case .pathTooLong(let path):
      "the socket path '\(path)' has more than 107 bytes; choose a shorter one"
    case .inUse(let address):
      "another process listens at '\(address)' already; end it or choose another address"
    case .notASocket(let path):
      "'\(path)' exists and is no socket; remove it or choose another path"
    case .system(let operation, let address, let errno):
      "cannot \(operation) '\(address)': \(errno)"
    case .resolution(let host, let reason):
      "the host '\(host)' cannot be found: \(reason)"
    case .thread(let errno):
      "cannot start a thread for a connection: \(errno)"
    }
  }
}
