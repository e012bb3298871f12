import CommandGrammar
import Libvirt

/// `checkpoint-dumpxml DOMAIN CHECKPOINT`: a checkpoint's document, or what an XPath expression selects of it.
struct CheckpointDumpXMLCommand: VirshCommand {
  private static let name = CheckpointSelector.option()
  private static let noDomain = Option.flag("no-domain", help: "leave the domain's own document out")
  private static let size = Option.flag(
    "size", help: "tell of each disk how much a backup from there on would copy")

  static let grammar = CommandGrammar(
    name: "checkpoint-dumpxml", group: "checkpoint", abstract: "Dump XML for a domain checkpoint",
    discussion: "Prints the document that libvirt keeps of a checkpoint.",
    options: [
      DomainOption.domain, name, DomainOption.securityInformation, noDomain, size, DomainOption.xpath,
      DomainOption.wrap,
    ],
    examples: [
      (
        "snapsh checkpoint-dumpxml guest monday --no-domain --size",
        "Tell how much has changed since a checkpoint."
      )
    ])

  private let arguments: ParsedArguments
  private let flags: CheckpointXMLFlags

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    var flags: CheckpointXMLFlags = []
    if try arguments[DomainOption.securityInformation] { flags.insert(.secure) }
    if try arguments[Self.noDomain] { flags.insert(.noDomain) }
    if try arguments[Self.size] { flags.insert(.size) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let checkpoint = try CheckpointSelector.checkpoint(named: arguments[Self.name], of: domain)
    return try XMLSelection(
      of: checkpoint.xml(flags), xpath: arguments[DomainOption.xpath], wraps: arguments[DomainOption.wrap])
  }
}
