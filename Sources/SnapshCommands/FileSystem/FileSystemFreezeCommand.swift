import CommandGrammar
import Libvirt

/// `domfsfreeze DOMAIN [MOUNTPOINT…]`: freezes the file systems inside a guest.
struct FileSystemFreezeCommand: VirshCommand {
  private static let mountPoints = Option.repeated(
    "mountpoint", help: "only this one; may be given again and again")

  static let grammar = CommandGrammar(
    name: "domfsfreeze", group: "domain", abstract: "Freeze domain's mounted filesystems.",
    discussion: """
      Makes the guest write out its file systems and hold back all writes, through
      the agent inside it, until 'domfsthaw'.
      """,
    options: [DomainOption.domain, mountPoints],
    examples: [("snapsh domfsfreeze guest / /var", "Hold back the writes of two file systems.")])

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
      count = try domain.freezeFileSystems(mountPoints)
    } catch {
      throw CommandFailure("Unable to freeze filesystems", cause: error)
    }
    return Sentence(
      "Froze \(count) filesystem(s)\n",
      fields: FileSystemAction(
        domain: domain.name, uuid: try domain.uuid(), action: "frozen", fileSystemCount: count))
  }
}
