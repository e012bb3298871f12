import Operations

/// A snapshot in JSON with what `--columns` adds; a column that was not chosen is left out.
struct SnapshotColumnFields: Encodable, Sendable {
  private enum CodingKeys: String, CodingKey {
    case name
    case isCurrent
    case ageSeconds
    case childCount
    case disks
    case overlays
    case overlayBytes
    case memoryBytes
    case chainDepth
    case mirrors
    case missingFiles
    case description
  }

  private struct Overlay: Encodable {
    let source: String
    let allocatedBytes: UInt64?
    let isMissing: Bool
  }

  private struct Mirror: Encodable {
    let target: String
    let file: String
    let state: String
  }

  private let row: SnapshotColumnList.Row
  private let columns: Set<SnapshotColumn>
  private let now: Int64

  init(_ row: SnapshotColumnList.Row, columns: Set<SnapshotColumn>, now: Int64) {
    self.row = row
    self.columns = columns
    self.now = now
  }

  func encode(to encoder: any Encoder) throws {
    let details = row.details
    try SnapshotFields(details.record).encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(details.record.name, forKey: .name)
    try container.encode(row.isCurrent, forKey: .isCurrent)
    for column in columns {
      switch column {
      case .age:
        try container.encode(Age(of: details.record.creationTime, at: now).seconds, forKey: .ageSeconds)
      case .children: try container.encodeIfPresent(details.childCount, forKey: .childCount)
      case .disks: try container.encode(details.files.disks.map(\.target), forKey: .disks)
      case .size:
        let overlays = details.overlays.map {
          Overlay(source: $0.place.name, allocatedBytes: $0.size, isMissing: $0.isMissing)
        }
        try container.encode(overlays, forKey: .overlays)
        try container.encodeIfPresent(details.overlaySize, forKey: .overlayBytes)
      case .memory: try container.encodeIfPresent(details.memory?.size, forKey: .memoryBytes)
      case .depth: try container.encodeIfPresent(details.chainDepth, forKey: .chainDepth)
      case .mirror:
        let mirrors = details.mirrors.map {
          Mirror(target: $0.target, file: $0.file, state: $0.stateWord)
        }
        try container.encode(mirrors, forKey: .mirrors)
      case .missing: try container.encode(details.missingFiles, forKey: .missingFiles)
      case .description: try container.encodeIfPresent(details.files.description, forKey: .description)
      // These are there in any case.
      case .name, .created, .state, .location, .parent, .current: break
      }
    }
  }
}
