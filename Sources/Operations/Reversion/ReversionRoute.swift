import Libvirt
import XMLTree

/// Who takes a domain back to a snapshot.
public enum ReversionRoute: Equatable, Sendable {
  /// libvirt; its refusal is the last word.
  case libvirt
  /// libvirt where it keeps what its capabilities promise, else our own steps.
  case libvirtFirst
  /// Our own steps, which keep what the guest is now.
  case ownSteps

  /// The way back to one snapshot.
  ///
  /// libvirt tells that it can go back to external ones by `<externalSnapshot>` among the guest features of its
  /// capabilities (9.9.0). It does so by throwing away what the guest is now, and is asked only where that is wanted.
  /// - Parameters:
  ///   - snapshot: Where to go back to.
  ///   - discards: Whether what the guest is now may be thrown away.
  /// - Throws: libvirt's error, or `XMLError`.
  public init(to snapshot: DomainSnapshot, discards: Bool) throws {
    let connection = snapshot.domain.connection
    guard try connection.driver() == "QEMU", try SnapshotFiles(of: snapshot).isExternal else {
      self = .libvirt
      return
    }
    self = try Self.external(discards: discards, capabilities: connection.capabilities())
  }

  /// The way back to an external snapshot.
  ///
  /// - Throws: `XMLError` when the capabilities are no document.
  static func external(discards: Bool, capabilities: String) throws(XMLError) -> ReversionRoute {
    guard discards else { return .ownSteps }
    return try isPromised(by: capabilities) || InjectedFault.promisesExternalReversion
      ? .libvirtFirst : .ownSteps
  }

  private static func isPromised(by capabilities: String) throws(XMLError) -> Bool {
    try XMLDocument.parse(capabilities).root.elements(named: "guest").contains { guest in
      guest.firstElement(named: "features")?.firstElement(named: "externalSnapshot") != nil
    }
  }

  /// Whether an error says that libvirt cannot do what it was asked for, so that it has not begun either.
  public static func isRefusal(_ error: LibvirtError) -> Bool {
    [.noSupport, .configurationUnsupported, .argumentUnsupported, .operationUnsupported].contains(error.code)
  }
}
