import CommandGrammar
import Libvirt
import Operations

/// `checkpoint-info DOMAIN CHECKPOINT`: what there is to know of a checkpoint at a glance.
struct CheckpointInfoCommand: VirshCommand {
  private static let name = CheckpointSelector.option()

  static let grammar = CommandGrammar(
    name: "checkpoint-info", group: "checkpoint", abstract: "checkpoint information",
    discussion: "Tells a checkpoint's parent and how many are below it.",
    options: [DomainOption.domain, name],
    examples: [("snapsh checkpoint-info guest monday", "Describe a checkpoint.")])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let checkpoint = try CheckpointSelector.checkpoint(named: arguments[Self.name], of: domain)
    return CheckpointInfoResult(
      domain: domain.name, record: try CheckpointRecord(of: checkpoint),
      childCount: try checkpoint.children().count,
      descendantCount: try checkpoint.children(.descendants).count)
  }
}

/// What `checkpoint-info` prints.
struct CheckpointInfoResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case checkpoint
    case childCount
    case descendantCount
  }

  let domain: String
  let record: CheckpointRecord
  let childCount: Int
  let descendantCount: Int

  func encode(to encoder: any Encoder) throws {
    try CheckpointFields(record).encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(record.name, forKey: .checkpoint)
    try container.encode(childCount, forKey: .childCount)
    try container.encode(descendantCount, forKey: .descendantCount)
  }

  func render(into text: inout TextOutput) {
    LabelledLines([
      ("Name:", record.name), ("Domain:", domain), ("Parent:", record.parent ?? "-"),
      ("Children:", String(childCount)), ("Descendants:", String(descendantCount)),
    ]).render(into: &text)
  }
}
