import CommandGrammar
import Libvirt

/// `domblkstat DOMAIN [DISK]`: what a disk has read and written, or all of them together.
struct DomainBlockStatisticsCommand: VirshCommand {
  private static let device = Option.text(
    "device", acceptsEmpty: true, completes: .disk, help: "the disk's target, or the path of its image")
  private static let human = Option.flag("human", help: "say what the figures are")

  static let grammar = CommandGrammar(
    name: "domblkstat", group: "domain", abstract: "get device block stats for a domain",
    discussion:
      "Tells how often and how much a running domain's disk was read and written, and how long that took.",
    options: [DomainOption.domain, device, human],
    examples: [("snapsh domblkstat guest vda --human", "Show the counters of a disk.")])

  private let domain: String
  private let device: String
  private let isForHumans: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    device = try arguments[Self.device] ?? ""
    isForHumans = try arguments[Self.human]
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    do {
      return DomainBlockStatisticsResult(
        domain: found.name, disk: device, statistics: try found.blockStatistics(of: device),
        isForHumans: isForHumans)
    } catch {
      guard error.isOfOlderCall else { throw error.cause }
      throw CommandFailure("Failed to get block stats \(domain) \(device)", cause: error.cause)
    }
  }
}

/// What `domblkstat` prints.
struct DomainBlockStatisticsResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case disk
    case statistics
  }

  /// libvirt's names with virsh's labels, in virsh's order.
  private static let labels = [
    ("rd_operations", "rd_req", "number of read operations:"),
    ("rd_bytes", "rd_bytes", "number of bytes read:"),
    ("wr_operations", "wr_req", "number of write operations:"),
    ("wr_bytes", "wr_bytes", "number of bytes written:"),
    ("errs", "errs", "error count:"),
    ("flush_operations", "flush_operations", "number of flush operations:"),
    ("rd_total_times", "rd_total_times", "total duration of reads (ns):"),
    ("wr_total_times", "wr_total_times", "total duration of writes (ns):"),
    ("flush_total_times", "flush_total_times", "total duration of flushes (ns):"),
  ]

  let domain: String
  /// Empty for all disks together.
  let disk: String
  let statistics: [TypedParameter]
  let isForHumans: Bool

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    if !disk.isEmpty { try container.encode(disk, forKey: .disk) }
    let figures = statistics.compactMap { figure in figure.unsigned.map { (figure.name, $0) } }
    try container.encode(Dictionary(figures, uniquingKeysWith: { first, _ in first }), forKey: .statistics)
  }

  func render(into text: inout TextOutput) {
    if isForHumans { text.print("Device: \(disk)\n") }
    for (name, field, label) in Self.labels {
      guard let figure = statistics.first(where: { $0.name == name }) else { continue }
      if isForHumans {
        let padding = String(repeating: " ", count: 31 - label.utf8.count)
        text.print(" \(label)\(padding) \(figure.value.text)\n")
      } else {
        text.print("\(disk) \(field) \(figure.value.text)\n")
      }
    }
    for figure in statistics where !Self.labels.contains(where: { $0.0 == figure.name }) {
      text.print("\(disk) \(figure.name) \(figure.value.text)\n")
    }
  }
}
