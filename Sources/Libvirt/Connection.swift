import CLibvirt
import Synchronization

/// A connection to a hypervisor; the root that domains and snapshots hang on.
///
/// Every object made from it keeps it alive. ``close()`` gives libvirt's handle back early, otherwise the
/// last reference does. All methods may be called on any thread.
public final class Connection: @unchecked Sendable {
  /// The C handle; `nil` once closed.
  private let handle: Mutex<OpaquePointer?>

  /// Connects to a hypervisor.
  ///
  /// - Parameters:
  ///   - uri: what to connect to, such as `qemu:///system`; `nil` leaves the choice to libvirt
  ///     (`LIBVIRT_DEFAULT_URI`, then its configuration, then a probe).
  ///   - readOnly: whether every change is to be refused.
  ///   - withEventLoop: whether libvirt's event loop has to run first; `nil` starts it where the URI needs it.
  /// - Throws: ``LibvirtError``, most often ``LibvirtError/Code/noConnect``. The C function is `virConnectOpenAuth`.
  public init(uri: String?, readOnly: Bool = false, withEventLoop: Bool? = nil) throws(LibvirtError) {
    try Library.initialize()
    if withEventLoop ?? EventLoop.isNeeded(for: uri) { try EventLoop.start() }
    let flags = readOnly ? UInt32(VIR_CONNECT_RO.rawValue) : 0
    guard let pointer = snapsh_connect_open(uri, flags) else { throw LibvirtError.last() }
    handle = Mutex(pointer)
  }

  deinit {
    close()
  }

  /// Gives the handle back; later calls on this object fail with ``LibvirtError/Code/invalidConnection``.
  ///
  /// - Returns: how many references libvirt still counts (those of live domains and snapshots); 0 means
  ///   that the connection is really gone. -1 when it was closed before. The C function is `virConnectClose`.
  @discardableResult
  public func close() -> Int {
    let pointer = handle.withLock { pointer in
      let taken = Unchecked(pointer)
      pointer = nil
      return taken
    }
    guard let open = pointer.value else { return -1 }
    return Int(virConnectClose(open))
  }

  /// The URI in use, in libvirt's own spelling (`virConnectGetURI`).
  public func uri() throws(LibvirtError) -> String {
    try withHandle { (pointer) throws(LibvirtError) in
      try takeString(virConnectGetURI(pointer))
    }
  }

  /// Whether the peer still answers (`virConnectIsAlive`).
  public func isAlive() throws(LibvirtError) -> Bool {
    try withHandle { (pointer) throws(LibvirtError) in
      try flag(virConnectIsAlive(pointer))
    }
  }

  /// Has the peer asked again and again whether it is still there; when it is not, the connection is closed.
  ///
  /// The C function is `virConnectSetKeepAlive` (0.9.8). libvirt's event loop has to run.
  /// - Parameters:
  ///   - interval: Seconds between two questions.
  ///   - count: How many may stay without an answer.
  /// - Throws: ``LibvirtError``, ``LibvirtError/Code/noSupport`` where driver or peer do not know of it.
  public func keepAlive(interval: Int32, count: UInt32) throws(LibvirtError) {
    try withHandle { (pointer) throws(LibvirtError) in
      guard try flag(virConnectSetKeepAlive(pointer, interval, count)) else { return }
      throw LibvirtError(
        code: .noSupport,
        message: "the other end of the connection does not know of keepalive messages")
    }
  }

  /// Runs one C call with the handle held by a reference of its own, so that a ``close()`` on another
  /// thread cannot pull it away.
  func withHandle<Value>(
    _ body: (OpaquePointer) throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value {
    let pointer = handle.withLock { pointer in
      if let pointer { virConnectRef(pointer) }
      return Unchecked(pointer)
    }
    guard let open = pointer.value else {
      throw LibvirtError(code: .invalidConnection, message: "the connection to libvirt is closed")
    }
    defer { virConnectClose(open) }
    return try body(open)
  }
}

/// Carries a pointer out of a lock: what guards it is the reference just taken, not the lock.
private struct Unchecked: @unchecked Sendable {
  let value: OpaquePointer?
  init(_ value: OpaquePointer?) { self.value = value }
}
