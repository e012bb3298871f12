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
      mirrors: try MirrorRecords.read(of: domain).flatMap(\.mirrors), showsDetails: showsDetails)
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
    /// The file that a mirrored snapshot writes to as well; absent for a disk that none mirrors.
    let mirror: String?
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case disks
  }

  let domain: String
  let disks: [Row]
  let showsDetails: Bool

  init(
    domain: String, disks: [DomainDisk], mirrors: [(disk: MirrorRecord.Disk, path: String)],
    showsDetails: Bool
  ) {
    self.domain = domain
    self.disks = disks.map { disk in
      // A disk that has moved on is not mirrored any more, whatever is written down.
      let mirror = mirrors.first { $0.disk.target == disk.target && $0.disk.overlay == disk.source }
      return Row(
        type: disk.type, device: disk.device, target: disk.target, format: disk.format,
        source: disk.source, mirror: mirror?.path)
    }
    self.showsDetails = showsDetails
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(disks, forKey: .disks)
  }

  func render(into text: inout TextOutput) {
    // virsh has no such column; it is there only for a guest that virsh cannot tell all of.
    let showsMirrors = disks.contains { $0.mirror != nil }
    var table = TextTable(
      header: (showsDetails ? ["Type", "Device"] : []) + ["Target", "Source"]
        + (showsMirrors ? ["Mirror"] : []))
    for disk in disks {
      table.add(
        row: (showsDetails ? [disk.type, disk.device] : []) + [disk.target, disk.source ?? "-"]
          + (showsMirrors ? [disk.mirror ?? "-"] : []))
    }
    table.render(into: &text)
  }
}
