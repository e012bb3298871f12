import CommandGrammar
import Libvirt
import Operations

/// `domblkinfo DOMAIN DISK`: the sizes of a disk, or of all of them.
struct DomainBlockInfoCommand: VirshCommand {
  private static let device = Option.text(
    "device", acceptsEmpty: true, completes: .disk, help: "the disk's target, or the path of its image")
  private static let human = Option.flag("human", help: "sizes in KiB, MiB, GiB …")
  private static let all = Option.flag("all", help: "a table of all disks")

  static let grammar = CommandGrammar(
    name: "domblkinfo", group: "domain", abstract: "domain block device size information",
    discussion: """
      Tells how large the guest sees a disk, how much its storage has set
      aside, and where the image's file or device ends.
      """,
    options: [DomainOption.domain, device, human, all],
    examples: [("snapsh domblkinfo guest --all --human", "Show the sizes of all disks.")])

  private let domain: String
  private let device: String?
  private let isForHumans: Bool
  private let isOfAll: Bool

  init(_ arguments: ParsedArguments) throws {
    try arguments.refuseBoth([(Self.all, Self.device)])
    domain = try arguments[DomainOption.domain]
    isForHumans = try arguments[Self.human]
    isOfAll = try arguments[Self.all]
    // virsh takes an empty device for none.
    device = try arguments[Self.device].flatMap { $0.isEmpty ? nil : $0 }
    guard isOfAll || device != nil else {
      throw CommandFailure("command 'domblkinfo' requires <device> option")
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let rows: [DomainBlockInfoResult.Row]
    if let device {
      rows = [DomainBlockInfoResult.Row(device, try domain.blockInfo(of: device))]
    } else {
      rows = try DomainDisk.disks(inDomainXML: domain.xml()).map {
        DomainBlockInfoResult.Row($0.target, try info(of: $0, in: domain))
      }
    }
    return DomainBlockInfoResult(
      domain: domain.name, disks: rows, isTable: isOfAll, isForHumans: isForHumans)
  }

  /// The sizes of a disk; none of an empty drive, nor of a network disk that nobody has open.
  private func info(of disk: DomainDisk, in domain: Domain) throws -> BlockInfo? {
    guard disk.source != nil || disk.type == "network" else { return nil }
    do {
      return try domain.blockInfo(of: disk.target)
    } catch {
      guard disk.type == "network", try !domain.isActive() else { throw error }
      return nil
    }
  }
}

/// What `domblkinfo` prints.
struct DomainBlockInfoResult: CommandResult {
  /// One disk, sizes in bytes; no sizes for a drive that is empty.
  struct Row: Encodable, Sendable {
    let target: String
    let capacityBytes: UInt64?
    let allocationBytes: UInt64?
    let physicalBytes: UInt64?

    init(_ target: String, _ info: BlockInfo?) {
      self.target = target
      capacityBytes = info?.capacity
      allocationBytes = info?.allocation
      physicalBytes = info?.physical
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case disks
  }

  let domain: String
  let disks: [Row]
  let isTable: Bool
  let isForHumans: Bool

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(disks, forKey: .disks)
  }

  func render(into text: inout TextOutput) {
    if isTable {
      var table = TextTable("Target", "Capacity", "Allocation", "Physical")
      for disk in disks {
        let sizes = [disk.capacityBytes, disk.allocationBytes, disk.physicalBytes]
        table.add(row: [disk.target] + sizes.map(size))
      }
      table.render(into: &text)
    } else {
      for disk in disks {
        LabelledLines([
          ("Capacity:", size(disk.capacityBytes)), ("Allocation:", size(disk.allocationBytes)),
          ("Physical:", size(disk.physicalBytes)),
        ]).render(into: &text)
      }
    }
  }

  private func size(_ bytes: UInt64?) -> String {
    guard let bytes else { return "-" }
    return isForHumans ? BinarySize(bytes).text : String(bytes)
  }
}
