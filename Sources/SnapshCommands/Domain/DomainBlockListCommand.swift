import CommandGrammar
import Libvirt
import Operations

/// `domblklist DOMAIN`: the disks of a domain and where they are kept.
struct DomainBlockListCommand: VirshCommand {
  private static let inactive = Option.flag(
    "inactive", help: "get inactive rather than running configuration")
  private static let details = Option.flag(
    "details", help: "additionally display the type and device value")

  static let grammar = CommandGrammar(
    name: "domblklist", group: "domain", abstract: "list all domain blocks",
    discussion: "Get the summary of block devices for a domain.",
    options: [DomainOption.domain, inactive, details],
    examples: [("snapsh domblklist guest --details", "List the guest's disks with their kind.")])

  private let domain: String
  private let flags: DomainXMLFlags
  private let showsDetails: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    flags = try arguments[Self.inactive] ? .inactive : []
    showsDetails = try arguments[Self.details]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    return DomainBlockListResult(
      domain: domain.name, disks: try DomainDisk.disks(inDomainXML: domain.xml(flags)),
      showsDetails: showsDetails)
  }
}

/// What `domblklist` prints.
struct DomainBlockListResult: CommandResult {
  /// One disk.
  struct Row: Encodable, Sendable {
    /// What kind of storage holds it: `file`, `block`, `network`, …
    let type: String
    /// What the guest sees: `disk`, `cdrom`, …
    let device: String
    /// The guest's name for it.
    let target: String
    /// The image's format where the domain names it.
    let format: String?
    /// The path, device, volume or name; nothing for an empty drive.
    let source: String?
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case disks
  }

  let domain: String
  let disks: [Row]
  let showsDetails: Bool

  init(domain: String, disks: [DomainDisk], showsDetails: Bool) {
    self.domain = domain
    self.disks = disks.map {
      Row(
        type: $0.type, device: $0.device, target: $0.target, format: $0.format, source: $0.source)
    }
    self.showsDetails = showsDetails
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(disks, forKey: .disks)
  }

  func render(into text: inout TextOutput) {
    var table = TextTable(header: (showsDetails ? ["Type", "Device"] : []) + ["Target", "Source"])
    for disk in disks {
      table.add(row: (showsDetails ? [disk.type, disk.device] : []) + [disk.target, disk.source ?? "-"])
    }
    table.render(into: &text)
  }
}
