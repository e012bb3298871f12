import Operations

/// A column of `snapshot-list --columns`.
enum SnapshotColumn: String, CaseIterable {
  case name
  case created
  case age
  case state
  case location
  case parent
  case children
  case current
  case disks
  case size
  case memory
  case depth
  case mirror
  case missing
  case description

  /// Reads a comma-separated list of names; `all` stands for all of them.
  ///
  /// - Throws: ``CommandFailure`` for a name that is none.
  static func list(_ text: String) throws -> [SnapshotColumn] {
    try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { name in
      if name == "all" { return allCases }
      guard let column = SnapshotColumn(rawValue: String(name)) else {
        throw CommandFailure(
          "unknown column '\(name)'; choose from \(allCases.map(\.rawValue).joined(separator: ", ")), or all")
      }
      return [column]
    }
  }

  var heading: String {
    switch self {
    case .name: "Name"
    case .created: "Creation Time"
    case .age: "Age"
    case .state: "State"
    case .location: "Location"
    case .parent: "Parent"
    case .children: "Children"
    case .current: "Current"
    case .disks: "Disks"
    case .size: "Size"
    case .memory: "Memory"
    case .depth: "Depth"
    case .mirror: "Mirror"
    case .missing: "Missing"
    case .description: "Description"
    }
  }

  /// What has to be looked at for it.
  var aspects: SnapshotSurvey.Aspects {
    switch self {
    case .size: .overlays
    case .memory: .memory
    case .missing: [.overlays, .memory]
    case .depth: .depth
    case .mirror: .mirrors
    case .children: .children
    case .name, .created, .age, .state, .location, .parent, .current, .disks, .description: []
    }
  }

  /// The cell of one snapshot; `-` where there is nothing to tell.
  func cell(of details: SnapshotDetails, isCurrent: Bool, now: Int64) -> String {
    let record = details.record
    switch self {
    case .name: return record.name
    case .created: return LocalTime(seconds: record.creationTime).text
    case .age: return Age(of: record.creationTime, at: now).text
    case .state: return record.state
    case .location: return record.location.rawValue
    case .parent: return record.parent ?? "-"
    case .children: return details.childCount.map(String.init) ?? "-"
    case .current: return isCurrent ? "yes" : "no"
    case .disks:
      return Self.list(details.files.disks.map(\.target))
    case .size:
      if details.overlays.contains(where: \.isMissing) { return "missing" }
      return details.overlaySize.map { BinarySize($0).text } ?? "-"
    case .memory:
      if details.memory?.isMissing == true { return "missing" }
      return details.memory?.size.map { BinarySize($0).text } ?? "-"
    case .depth: return details.chainDepth.map(String.init) ?? "-"
    case .mirror: return Self.list(details.mirrors.map { "\($0.target): \($0.stateWord)" })
    case .missing: return Self.list(details.missingFiles)
    case .description:
      // A table has one line for each snapshot.
      return details.files.description?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "-"
    }
  }

  private static func list(_ words: [String]) -> String {
    words.isEmpty ? "-" : words.joined(separator: ", ")
  }
}

extension SnapshotDetails.Mirror {
  /// How the mirror is: `copying`, `ready`, …, or `stopped` where no job keeps it.
  var stateWord: String { readiness?.rawValue ?? "stopped" }
}
