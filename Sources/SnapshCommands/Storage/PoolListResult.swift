import Libvirt

/// What `pool-list` prints.
struct PoolListResult: CommandResult {
  /// What the text rendering shows of each pool.
  struct Columns: OptionSet, Sendable {
    let rawValue: Int
    static let uuid = Columns(rawValue: 1)
    static let name = Columns(rawValue: 2)
    static let details = Columns(rawValue: 4)
  }

  /// One storage pool.
  struct Row: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
      case name
      case uuid
      case state
      case isActive
      case isPersistent
      case autostart = "hasAutostart"
      case capacityBytes
      case allocationBytes
      case availableBytes
    }

    let name: String
    let uuid: String
    let isActive: Bool
    let isPersistent: Bool
    /// Whether it starts with the host; `nil` where that cannot be told.
    let autostart: Bool?
    /// State and sizes; `nil` where they were not asked for or cannot be told.
    let information: StoragePoolInformation?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(uuid, forKey: .uuid)
      try container.encode(stateText, forKey: .state)
      try container.encode(isActive, forKey: .isActive)
      try container.encode(isPersistent, forKey: .isPersistent)
      try container.encodeIfPresent(autostart, forKey: .autostart)
      try container.encodeIfPresent(sizes?.capacity, forKey: .capacityBytes)
      try container.encodeIfPresent(sizes?.allocation, forKey: .allocationBytes)
      try container.encodeIfPresent(sizes?.available, forKey: .availableBytes)
    }

    /// libvirt's word for what the pool is doing.
    fileprivate var stateText: String {
      switch information?.state {
      case .inactive: "inactive"
      case .building: "building"
      case .running: "running"
      case .degraded: "degraded"
      case .inaccessible: "inaccessible"
      case .unknown, nil: "unknown"
      }
    }

    /// The sizes of a pool in use; those of any other are not worth showing.
    private var sizes: StoragePoolInformation? {
      information.flatMap { [.running, .degraded].contains($0.state) ? $0 : nil }
    }

    fileprivate var autostartText: String {
      autostart.map { $0 ? "yes" : "no" } ?? "no autostart"
    }

    /// Capacity, allocation and room left.
    fileprivate var sizeCells: [String] {
      guard let sizes else { return ["-", "-", "-"] }
      return [sizes.capacity, sizes.allocation, sizes.available].map { BinarySize($0, decimals: 2).text }
    }
  }

  private enum CodingKeys: String, CodingKey {
    case pools
  }

  let pools: [Row]
  let columns: Columns

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pools, forKey: .pools)
  }

  func render(into text: inout TextOutput) {
    if columns.isDisjoint(with: [.uuid, .name]) {
      renderTable(into: &text)
    } else {
      renderLines(into: &text)
    }
  }

  private func renderTable(into text: inout TextOutput) {
    let showsDetails = columns.contains(.details)
    var table = TextTable(
      header: ["Name", "State", "Autostart"]
        + (showsDetails ? ["Persistent", "Capacity", "Allocation", "Available"] : []))
    for pool in pools {
      let state = showsDetails ? pool.stateText : pool.isActive ? "active" : "inactive"
      let details = showsDetails ? [pool.isPersistent ? "yes" : "no"] + pool.sizeCells : []
      table.add(row: [pool.name, state, pool.autostartText] + details)
    }
    table.render(into: &text)
  }

  /// Bare values, for scripts: UUID, then the name filled up to twenty bytes.
  private func renderLines(into text: inout TextOutput) {
    for pool in pools {
      var line = columns.contains(.uuid) ? pool.uuid : ""
      if columns.contains(.name) {
        line += line.isEmpty ? "" : " "
        line += pool.name + String(repeating: " ", count: max(0, 20 - pool.name.utf8.count))
      }
      text.print(line + "\n")
    }
  }
}

extension PoolListResult.Row {
  /// Asks a pool for what is shown of it.
  ///
  /// - Throws: libvirt's error where even the name's companions cannot be had; what else fails is left out, as virsh does.
  init(_ pool: StoragePool, wantsInformation: Bool) throws {
    self.init(
      name: pool.name, uuid: try pool.uuid(), isActive: try pool.isActive(),
      isPersistent: try pool.isPersistent(), autostart: try? pool.autostart(),
      information: wantsInformation ? try? pool.information() : nil)
  }
}
