import Libvirt

/// What `domjobinfo` prints.
struct DomainJobInfoResult: CommandResult {
  /// The shapes of the text rendering.
  enum Layout: Equatable {
    /// Figures with labels and units; of a job that failed only where asked.
    case lines(ofAnyJob: Bool)
    /// libvirt's names and numbers.
    case raw
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case jobType
    case operation
    case elapsedMilliseconds
    case statistics
  }

  let domain: String
  let statistics: JobStatistics
  let layout: Layout

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(statistics.kind.name.lowercased(), forKey: .jobType)
    if statistics.kind != .none {
      try container.encode(
        statistics.operation.name.lowercased().replacing(" ", with: "-"), forKey: .operation)
    }
    try container.encodeIfPresent(statistics.elapsedMilliseconds, forKey: .elapsedMilliseconds)
    let figures = statistics.parameters.map { ($0.name, JSONFigure(value: $0.value)) }
    try container.encode(Dictionary(figures, uniquingKeysWith: { first, _ in first }), forKey: .statistics)
  }

  func render(into text: inout TextOutput) {
    switch layout {
    case .raw:
      text.print("Job type: \(statistics.kind.rawValue)\n\n")
      for parameter in statistics.parameters {
        text.print("\(parameter.name): \(parameter.value.text)\n")
      }
    case .lines(let ofAnyJob):
      text.print(DomainJobLines.line("Job type:", statistics.kind.name))
      let isTold: Bool =
        switch statistics.kind {
        case .none: false
        case .bounded, .unbounded, .completed: true
        case .failed, .cancelled: ofAnyJob
        }
      if isTold { text.print(DomainJobLines(statistics).text) }
    }
  }
}

extension JobInfo.Kind {
  /// virsh's word for it.
  var name: String {
    switch self {
    case .none: "None"
    case .bounded: "Bounded"
    case .unbounded: "Unbounded"
    case .completed: "Completed"
    case .failed: "Failed"
    case .cancelled: "Cancelled"
    }
  }
}

extension JobOperation {
  /// virsh's words for it.
  var name: String {
    switch self {
    case .unknown: "Unknown"
    case .start: "Start"
    case .save: "Save"
    case .restore: "Restore"
    case .migrationIn: "Incoming migration"
    case .migrationOut: "Outgoing migration"
    case .snapshot: "Snapshot"
    case .snapshotRevert: "Snapshot revert"
    case .dump: "Dump"
    case .backup: "Backup"
    case .snapshotDelete: "Snapshot delete"
    }
  }
}

/// A figure in JSON, of its own type.
private struct JSONFigure: Encodable {
  let value: TypedParameter.Value

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch value {
    case .int32(let number): try container.encode(number)
    case .uint32(let number): try container.encode(number)
    case .int64(let number): try container.encode(number)
    case .uint64(let number): try container.encode(number)
    case .double(let number): try container.encode(number)
    case .boolean(let truth): try container.encode(truth)
    case .string(let text): try container.encode(text)
    }
  }
}

extension TypedParameter.Value {
  /// As libvirt prints it.
  var text: String {
    switch self {
    case .int32(let number): String(number)
    case .uint32(let number): String(number)
    case .int64(let number): String(number)
    case .uint64(let number): String(number)
    case .double(let number): String(number)
    case .boolean(let truth): truth ? "1" : "0"
    case .string(let text): text
    }
  }
}
