import CLibvirt
import Synchronization

extension Connection {
  /// Listens to one kind of event, of all domains or of one.
  ///
  /// libvirt takes one subscription for each kind and domain at a time on a connection.
  /// - Parameters:
  ///   - kind: The kind of event.
  ///   - domain: Whose events; all domains' where there is none.
  ///   - handler: Called on the event loop's thread, one event after another; must not wait for libvirt there.
  /// - Returns: The subscription; it lasts as long as this object does.
  /// - Throws: ``LibvirtError``. The C function is `virConnectDomainEventRegisterAny` (0.8.0).
  public func subscribe(
    to kind: DomainEvent.Kind, of domain: Domain? = nil, handler: @escaping @Sendable (DomainEvent) -> Void
  ) throws(LibvirtError) -> DomainEventSubscription {
    try EventLoop.start()
    let listener = Unmanaged.passRetained(DomainEventListener(kind: kind, handler: handler))
    let callback = kind.callback
    let id: Int32
    do {
      id = try withHandle { (connection) throws(LibvirtError) in
        func register(_ domain: OpaquePointer?) throws(LibvirtError) -> Int32 {
          let id = virConnectDomainEventRegisterAny(
            connection, domain, kind.rawValue, callback, listener.toOpaque(), releaseListener)
          try check(id)
          return id
        }
        guard let domain else { return try register(nil) }
        return try domain.withHandle(register)
      }
    } catch {
      // libvirt frees what it has taken; here it has taken nothing.
      listener.release()
      throw error
    }
    return DomainEventSubscription(connection: self, id: id)
  }
}

/// Events being listened to; ends with the object, or with ``cancel()``.
public final class DomainEventSubscription: Sendable {
  private let connection: Connection
  private let id: Mutex<Int32?>

  init(connection: Connection, id: Int32) {
    self.connection = connection
    self.id = Mutex(id)
  }

  deinit {
    cancel()
  }

  /// Stops listening (`virConnectDomainEventDeregisterAny`); an event on its way may still arrive.
  public func cancel() {
    let taken = id.withLock { id in
      defer { id = nil }
      return id
    }
    guard let taken else { return }
    // Fails only on a connection that is gone, and its subscriptions with it.
    _ = try? connection.withHandle { (handle) throws(LibvirtError) in
      try check(virConnectDomainEventDeregisterAny(handle, taken))
    }
  }
}

/// What libvirt hands back with each event.
final class DomainEventListener: Sendable {
  private let kind: DomainEvent.Kind
  private let handler: @Sendable (DomainEvent) -> Void

  init(kind: DomainEvent.Kind, handler: @escaping @Sendable (DomainEvent) -> Void) {
    self.kind = kind
    self.handler = handler
  }

  /// Passes an event on; the domain's handle stays libvirt's.
  func receive(_ domain: OpaquePointer?, _ details: DomainEvent.Details) {
    guard let domain else { return }
    var uuid = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
    virDomainGetUUIDString(domain, &uuid)
    handler(
      DomainEvent(
        kind: kind, domain: virDomainGetName(domain).map { String(cString: $0) } ?? "",
        uuid: String(decoding: uuid.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
        details: details))
  }
}

/// Gives up the listener when libvirt no longer needs it. At file scope, because libvirt calls it on any thread.
private func releaseListener(_ opaque: UnsafeMutableRawPointer?) {
  guard let opaque else { return }
  Unmanaged<DomainEventListener>.fromOpaque(opaque).release()
}
