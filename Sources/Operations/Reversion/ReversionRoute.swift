import Libvirt
import XMLTree

/// Who takes a domain back to a snapshot.
public enum ReversionRoute: Equatable, Sendable {
  /// libvirt; its refusal is the last word.
  case libvirt
  /// Our own steps.
  case ownSteps

  /// The way back to one snapshot.
  ///
  /// libvirt can go back to external ones since 9.9. It throws away what the guest is now, does not see that somebody
  /// has written to the images since, and removes images on which other branches stand (seen with 11.3): with
  /// every libvirt our own steps go first.
  /// - Parameter snapshot: Where to go back to.
  /// - Throws: libvirt's error, or `XMLError`.
  public init(to snapshot: DomainSnapshot) throws {
    let isOurs = try snapshot.domain.connection.driver() == "QEMU" && SnapshotFiles(of: snapshot).isExternal
    self = isOurs ? .ownSteps : .libvirt
  }

  /// Whether libvirt may be asked where our own steps cannot go, because the images are out of sight.
  ///
  /// - Parameters:
  ///   - snapshot: Where to go back to, an external snapshot.
  ///   - discards: Whether what the guest is now may be thrown away.
  /// - Throws: libvirt's error, or `XMLError` when the capabilities are no document.
  /// - Returns: Whether nothing can be lost but what may be thrown away.
  public static func mayAskLibvirt(toGoBackTo snapshot: DomainSnapshot, discards: Bool) throws -> Bool {
    guard discards, try snapshot.isCurrent(), try snapshot.childCount() == 0 else { return false }
    return try isPromised(by: snapshot.domain.connection.capabilities())
  }

  /// Whether `<externalSnapshot>` is among the guest features of libvirt's capabilities (9.9.0), whatever its version.
  static func isPromised(by capabilities: String) throws(XMLError) -> Bool {
    try XMLDocument.parse(capabilities).root.elements(named: "guest").contains { guest in
      guest.firstElement(named: "features")?.firstElement(named: "externalSnapshot") != nil
    }
  }
}
