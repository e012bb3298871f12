import Glibc
import Synchronization
import SystemPackage

/// A socket that takes connections, at a path that goes with it.
///
/// A Unix socket is made with mode 0600, and takes the place of one that nobody listens at any more.
public final class ListeningSocket: Sendable {
  /// Where it listens; with port 0 asked for, the port that the kernel has chosen.
  public let address: SocketAddress
  /// The socket itself, for a program that takes the connections instead of ``accept()``; closed with this object.
  public let descriptor: Int32
  /// The socket's place in the file system, so that nobody else's is removed.
  private let node: FileNode?
  private let isStopped = Atomic<Bool>(false)

  private struct FileNode: Equatable {
    let device: dev_t
    let inode: ino_t

    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      device = status.st_dev
      inode = status.st_ino
    }
  }

  /// Makes the socket and listens.
  ///
  /// The corresponding C functions are `socket`, `bind` and `listen`.
  /// - Throws: ``NBDServerError``.
  public init(_ address: SocketAddress) throws(NBDServerError) {
    switch address {
    case .unix(let path):
      descriptor = try Self.listen(at: path)
      node = FileNode(path)
      self.address = address
    case .tcp(let host, let port):
      descriptor = try Self.listen(host: host, port: port)
      node = nil
      self.address = .tcp(host: host, port: Self.port(of: descriptor) ?? port)
    }
  }

  deinit {
    close(descriptor)
    if case .unix(let path) = address, let node, FileNode(path) == node { unlink(path) }
  }

  /// Waits for the next connection; nil after ``stop()``.
  ///
  /// The corresponding C function is `accept`.
  /// - Throws: ``NBDServerError``.
  /// - Returns: the connection, the caller's to close.
  public func accept() throws(NBDServerError) -> FileDescriptor? {
    while !isStopped.load(ordering: .acquiring) {
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        guard !isStopped.load(ordering: .acquiring) else {
          close(connection)
          return nil
        }
        if case .tcp = address { Self.prepare(connection) }
        return FileDescriptor(rawValue: connection)
      }
      switch errno {
      case EINTR, ECONNABORTED, EAGAIN: continue
      // Whoever waits must not starve those who could give descriptors back.
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: usleep(50_000)
      default:
        guard !isStopped.load(ordering: .acquiring) else { return nil }
        throw .system(
          operation: "take connections at", address: "\(address)", errno: Errno(rawValue: errno))
      }
    }
    return nil
  }

  /// Takes no more connections, and ends the wait for one. May be called from any thread.
  public func stop() {
    isStopped.store(true, ordering: .releasing)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  // MARK: - Unix

  private static func listen(at path: String) throws(NBDServerError) -> Int32 {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else {
      throw NBDServerError.pathTooLong(path)
    }
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw lastError("make a socket for", path) }
    do throws(NBDServerError) {
      // Linux takes the mode of the socket file from the unbound socket, less the umask: no moment is left in which
      // others could connect.
      guard fchmod(descriptor, 0o600) == 0 else { throw lastError("protect the socket", path) }
      if bind(descriptor, to: &name) != 0 {
        guard errno == EADDRINUSE else { throw lastError("listen at", path) }
        try removeStale(path, &name)
        guard bind(descriptor, to: &name) == 0 else { throw lastError("listen at", path) }
      }
      guard Glibc.listen(descriptor, 128) == 0 else { throw lastError("listen at", path) }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Removes a socket that nobody listens at.
  private static func removeStale(_ path: String, _ name: inout sockaddr_un) throws(NBDServerError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw NBDServerError.notASocket(path: path) }
    // Not blocking: a listener whose queue is full is one all the same.
    let probe = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { throw lastError("make a socket for", path) }
    defer { close(probe) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let connected = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(probe, $0, size) }
    }
    guard connected != 0, errno == ECONNREFUSED else { throw NBDServerError.inUse("unix:\(path)") }
    unlink(path)
  }

  private static func bind(_ descriptor: Int32, to name: inout sockaddr_un) -> Int32 {
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, size) }
    }
  }

  // MARK: - TCP

  private static func listen(host: String, port: UInt16) throws(NBDServerError) -> Int32 {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, "\(port)", &hints, &found)
    guard failure == 0, let first = found?.pointee else {
      throw NBDServerError.resolution(host: host, reason: String(cString: gai_strerror(failure)))
    }
    defer { freeaddrinfo(found) }
    let name = "\(SocketAddress.tcp(host: host, port: port))"
    let descriptor = socket(first.ai_family, first.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw lastError("make a socket for", name) }
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
    guard Glibc.bind(descriptor, first.ai_addr, first.ai_addrlen) == 0,
      Glibc.listen(descriptor, 128) == 0
    else {
      let error: NBDServerError = errno == EADDRINUSE ? .inUse(name) : lastError("listen at", name)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func port(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let known = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    // The port stands at the same place of sockaddr_in and sockaddr_in6.
    guard known == 0, size >= 4 else { return nil }
    return withUnsafeBytes(of: &storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
  }

  /// Sends answers at once, and finds out that an idle client's machine is gone within some 5 minutes.
  private static func prepare(_ connection: Int32) {
    setOption(connection, Int32(IPPROTO_TCP), TCP_NODELAY)
    setOption(connection, SOL_SOCKET, SO_KEEPALIVE)
    setOption(connection, Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: 60)
    setOption(connection, Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: 30)
    setOption(connection, Int32(IPPROTO_TCP), TCP_KEEPCNT, to: 8)
  }

  private static func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32, to value: Int32 = 1) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func lastError(_ operation: String, _ address: String) -> NBDServerError {
    .system(operation: operation, address: address, errno: Errno(rawValue: errno))
  }
}
