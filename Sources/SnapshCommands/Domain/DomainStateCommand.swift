import CommandGrammar
import Libvirt

/// `domstate DOMAIN`: the state of a domain, and why it is in it.
struct DomainStateCommand: VirshCommand {
  private static let reason = Option.flag("reason", help: "also print reason for the state")

  static let grammar = CommandGrammar(
    name: "domstate", group: "domain", abstract: "domain state",
    discussion: "Returns state about a domain.",
    options: [DomainOption.domain, reason],
    examples: [("snapsh domstate guest --reason", "Print the state and the reason for it.")])

  private let domain: String
  private let showsReason: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    showsReason = try arguments[Self.reason]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    return DomainStateResult(domain: domain.name, status: try domain.state(), showsReason: showsReason)
  }
}

/// What `domstate` prints.
struct DomainStateResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case state
    case reason
    case reasonCode
  }

  let domain: String
  let status: DomainStatus
  let showsReason: Bool

  func render(into text: inout TextOutput) {
    text.print(status.state.text + (showsReason ? " (\(status.reasonText))" : "") + "\n")
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(status.state.name, forKey: .state)
    try container.encode(status.reasonText, forKey: .reason)
    try container.encode(status.reason, forKey: .reasonCode)
  }
}
