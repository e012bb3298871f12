import CommandGrammar
import Libvirt

/// `vol-list POOL`: the volumes of a storage pool.
struct VolumeListCommand: VirshCommand {
  private static let pool = Option.required("pool", completes: .pool, help: "pool name or uuid")
  private static let details = Option.flag("details", help: "display extended details for volumes")

  static let grammar = CommandGrammar(
    name: "vol-list", group: "volume", abstract: "list vols", discussion: "Returns list of vols by pool.",
    options: [pool, details],
    examples: [("snapsh vol-list default --details", "List the volumes of the pool with their sizes.")])

  private let pool: String
  private let showsDetails: Bool

  init(_ arguments: ParsedArguments) throws {
    pool = try arguments[Self.pool]
    showsDetails = try arguments[Self.details]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found: StoragePool
    let connection = try session.connection()
    do {
      found = try connection.storagePool(pool)
    } catch {
      throw CommandFailure("failed to get pool '\(pool)'", cause: error)
    }
    let volumes: [StorageVolume]
    do {
      volumes = try found.volumes()
    } catch {
      throw CommandFailure("Failed to list volumes", cause: error)
    }
    let wantsInformation = showsDetails || session.printsJSON
    let rows = volumes.map { volume in
      VolumeListResult.Row(
        name: volume.name, path: try? volume.path(),
        information: wantsInformation ? try? volume.information() : nil)
    }
    return VolumeListResult(
      pool: found.name, volumes: rows.sorted { isOrderedBefore($0.name, $1.name) },
      showsDetails: showsDetails)
  }
}

/// What `vol-list` prints.
struct VolumeListResult: CommandResult {
  /// One volume.
  struct Row: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
      case name
      case path
      case type
      case capacityBytes
      case allocationBytes
    }

    let name: String
    /// Where it is; `nil` for one that has no place.
    let path: String?
    /// Kind and sizes; `nil` where they were not asked for or cannot be told.
    let information: StorageVolumeInformation?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encodeIfPresent(path, forKey: .path)
      try container.encodeIfPresent(information?.kind.name, forKey: .type)
      try container.encodeIfPresent(information?.capacity, forKey: .capacityBytes)
      try container.encodeIfPresent(information?.allocation, forKey: .allocationBytes)
    }

    /// Type, capacity and allocation.
    fileprivate var detailCells: [String] {
      guard let information else { return ["-", "-", "-"] }
      return [
        information.kind.name, BinarySize(information.capacity, decimals: 2).text,
        BinarySize(information.allocation, decimals: 2).text,
      ]
    }
  }

  private enum CodingKeys: String, CodingKey {
    case pool
    case volumes
  }

  let pool: String
  let volumes: [Row]
  let showsDetails: Bool

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pool, forKey: .pool)
    try container.encode(volumes, forKey: .volumes)
  }

  func render(into text: inout TextOutput) {
    var table = TextTable(
      header: ["Name", "Path"] + (showsDetails ? ["Type", "Capacity", "Allocation"] : []))
    for volume in volumes {
      table.add(row: [volume.name, volume.path ?? "-"] + (showsDetails ? volume.detailCells : []))
    }
    table.render(into: &text)
  }
}
