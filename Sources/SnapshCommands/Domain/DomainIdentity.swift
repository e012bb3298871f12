import Libvirt

/// The ways to name one domain: people are shown the one they asked for, programs all.
struct DomainIdentity: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case id, domain, uuid
  }

  /// The number of a running domain.
  let id: UInt32?
  /// The name.
  let domain: String
  /// The UUID.
  let uuid: String
  private let line: String

  /// - Parameters:
  ///   - found: The domain.
  ///   - line: What people are shown.
  /// - Throws: `LibvirtError`.
  init(of found: Domain, line: String) throws {
    id = found.id
    domain = found.name
    uuid = try found.uuid()
    self.line = line
  }

  func render(into text: inout TextOutput) {
    text.print(line + "\n")
  }
}
