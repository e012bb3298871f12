import CommandGrammar
import Libvirt

/// `managedsave-dumpxml DOMAIN`: the document inside a domain's managed save.
struct ManagedSaveDumpXMLCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "managedsave-dumpxml", group: "domain",
    abstract: "Domain information of managed save state file in XML",
    discussion: "Dump XML of domain information for a managed save state file to stdout.",
    options: [
      DomainOption.domain, DomainOption.securityInformation, DomainOption.xpath, DomainOption.wrap,
    ],
    examples: [
      ("snapsh managedsave-dumpxml guest --xpath //disk/source", "Print which disks a guest will go on with.")
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(arguments[DomainOption.domain])
    let secure = try arguments[DomainOption.securityInformation]
    return try XMLSelection(
      of: found.managedSaveXML(secure: secure), xpath: arguments[DomainOption.xpath],
      wraps: arguments[DomainOption.wrap])
  }
}
