import CommandGrammar
import Libvirt

/// `domfsthaw DOMAIN [MOUNTPOINT…]`: thaws the file systems inside a guest.
struct FileSystemThawCommand: VirshCommand {
  private static let mountPoints = Option.repeated("mountpoint", help: "only this one; not every agent can")

  static let grammar = CommandGrammar(
    name: "domfsthaw", group: "domain", abstract: "Thaw domain's mounted filesystems.",
    discussion: """
      Lets the guest write again to file systems that 'domfsfreeze' has frozen.
      """,
    options: [DomainOption.domain, mountPoints],
    examples: [("snapsh domfsthaw guest", "Let the guest write again.")])

  private let domain: String
  private let mountPoints: [String]

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    mountPoints = try arguments[Self.mountPoints]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    try session.waitForExclusiveJob(of: domain)
    let count: Int
    do {
      count = try domain.thawFileSystems(mountPoints)
    } catch {
      throw CommandFailure("Unable to thaw filesystems", cause: error)
    }
    return Sentence(
      "Thawed \(count) filesystem(s)\n",
      fields: FileSystemAction(
        domain: domain.name, uuid: try domain.uuid(), action: "thawed", fileSystemCount: count))
  }
}
