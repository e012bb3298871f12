import CommandGrammar
import Libvirt

/// `domblkerror DOMAIN`: the disks with which the hypervisor has trouble.
struct DomainBlockErrorCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "domblkerror", group: "domain", abstract: "Show errors on block devices",
    discussion: "Lists the disks of a running domain on which a read or a write has failed.",
    options: [DomainOption.domain],
    examples: [("snapsh domblkerror guest", "Tell why a guest was paused by its storage.")])

  private let domain: String

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    return DomainBlockErrorResult(domain: domain.name, errors: try domain.diskErrors())
  }
}

/// What `domblkerror` prints.
struct DomainBlockErrorResult: CommandResult {
  private struct Row: Encodable {
    let target: String
    let error: String
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case disks
  }

  let domain: String
  let errors: [DiskError]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(errors.map { Row(target: $0.disk, error: $0.kind.text) }, forKey: .disks)
  }

  func render(into text: inout TextOutput) {
    if errors.isEmpty { text.print("No errors found\n") }
    for error in errors { text.print("\(error.disk): \(error.kind.text)\n") }
  }
}

extension DiskError.Kind {
  /// virsh's words for it.
  fileprivate var text: String {
    switch self {
    case .none: "none"
    case .unspecified: "unspecified error"
    case .noSpace: "no space"
    }
  }
}
