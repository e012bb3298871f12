import CommandGrammar
import Libvirt
import Operations

/// What `attach-device` and `detach-device` share: the device's document, and what the change is to reach.
struct DeviceChange {
  private static let file = Option.required("file", completes: .file, help: "XML file")
  private static let persistent = Option.flag("persistent", help: "make live change persistent")
  private static let config = Option.flag("config", help: "affect next boot")
  private static let live = Option.flag("live", help: "affect running domain")
  private static let current = Option.flag("current", help: "affect current domain")

  static let options: [any DeclaredOption] = [DomainOption.domain, file, persistent, config, live, current]

  /// The file as it was named.
  let path: String
  private let domain: String
  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    try arguments.refuseBoth([
      (Self.persistent, Self.current), (Self.current, Self.live), (Self.current, Self.config),
    ])
    self.arguments = arguments
    domain = try arguments[DomainOption.domain]
    path = try arguments[Self.file]
  }

  /// Makes the change.
  ///
  /// - Parameters:
  ///   - verb: `attach` or `detach`, for the failure.
  ///   - session: Has the connection.
  ///   - call: The call, given the device's document.
  /// - Throws: ``CommandFailure``.
  /// - Returns: The domain.
  func make(
    _ verb: String, in session: Session,
    call: (Domain, String, DeviceChangeScope?) throws(LibvirtError) -> Void
  ) throws -> Domain {
    let domain = try session.domain(domain)
    let xml = try XMLFile(path: path).text()
    if verb == "detach" { try MirrorGuard.refuseUnplugging(xml: xml, of: domain) }
    let scope = try scope(for: domain)
    try session.waitForOtherJob(of: domain)
    do {
      try call(domain, xml, scope)
    } catch {
      throw CommandFailure("Failed to \(verb) device from \(path)", cause: error)
    }
    return domain
  }

  /// What virsh makes of the options; nothing where none is given.
  private func scope(for domain: Domain) throws -> DeviceChangeScope? {
    var scope: DeviceChangeScope = []
    if try arguments[Self.config] || arguments[Self.persistent] { scope.insert(.configuration) }
    if try arguments[Self.live] { scope.insert(.live) }
    if try arguments[Self.persistent], try domain.isActive() { scope.insert(.live) }
    return try scope.isEmpty && !arguments[Self.current] ? nil : scope
  }
}
