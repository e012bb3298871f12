import CommandGrammar
import Libvirt

/// `domfsinfo DOMAIN`: the file systems that a guest has mounted.
struct FileSystemInfoCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "domfsinfo", group: "domain", abstract: "Get information of domain's mounted filesystems.",
    discussion:
      "Lists the file systems that the guest has mounted, and the disks they are on, as its agent tells.",
    options: [DomainOption.domain],
    examples: [("snapsh domfsinfo guest", "List the guest's file systems.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    do {
      return FileSystemInfoResult(domain: domain.name, fileSystems: try domain.fileSystems())
    } catch {
      throw CommandFailure("Unable to get filesystem information", cause: error)
    }
  }
}

/// What `domfsinfo` prints.
struct FileSystemInfoResult: CommandResult {
  private struct Row: Encodable {
    let mountPoint: String
    let name: String
    let type: String
    let disks: [String]
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case fileSystems
  }

  let domain: String
  let fileSystems: [GuestFileSystem]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(
      fileSystems.map { Row(mountPoint: $0.mountPoint, name: $0.name, type: $0.type, disks: $0.disks) },
      forKey: .fileSystems)
  }

  func render(into text: inout TextOutput) {
    guard !fileSystems.isEmpty else {
      text.printExtra("No filesystems are mounted in the domain")
      return
    }
    var table = TextTable("Mountpoint", "Name", "Type", "Target")
    for fileSystem in fileSystems {
      table.add(row: [
        fileSystem.mountPoint, fileSystem.name, fileSystem.type,
        fileSystem.disks.joined(separator: ","),
      ])
    }
    table.render(into: &text)
  }
}

/// What has been done to a guest's file systems, for programs.
struct FileSystemAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The domain's UUID.
  let uuid: String
  /// `frozen` or `thawed`.
  let action: String
  /// How many file systems.
  let fileSystemCount: Int
}
