import CommandGrammar
import Libvirt

/// `dumpxml DOMAIN`: the domain's document, or what an XPath expression selects of it.
struct DumpXMLCommand: VirshCommand {
  private static let inactive = Option.flag("inactive", help: "show inactive defined XML")
  private static let updateCPU = Option.flag("update-cpu", help: "update guest CPU according to host CPU")
  private static let migratable = Option.flag("migratable", help: "provide XML suitable for migrations")

  static let grammar = CommandGrammar(
    name: "dumpxml", group: "domain", abstract: "domain information in XML",
    discussion: "Output the domain information as an XML dump to stdout.",
    options: [
      DomainOption.domain, inactive, DomainOption.securityInformation, updateCPU, migratable,
      DomainOption.xpath, DomainOption.wrap,
    ],
    examples: [("snapsh dumpxml guest --xpath //disk/source", "Print where the guest's disks are.")])

  private let domain: String
  private let flags: DomainXMLFlags
  private let xpath: String?
  private let wraps: Bool

  init(_ arguments: ParsedArguments) throws {
    var flags: DomainXMLFlags = []
    if try arguments[Self.inactive] { flags.insert(.inactive) }
    if try arguments[DomainOption.securityInformation] { flags.insert(.secure) }
    if try arguments[Self.updateCPU] { flags.insert(.updateCPU) }
    if try arguments[Self.migratable] { flags.insert(.migratable) }
    self.flags = flags
    xpath = try arguments[DomainOption.xpath]
    wraps = try arguments[DomainOption.wrap]
    domain = try arguments[DomainOption.domain]
  }

  func run(in session: Session) throws -> any CommandResult {
    try XMLSelection(of: session.domain(domain).xml(flags), xpath: xpath, wraps: wraps)
  }
}
