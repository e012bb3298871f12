import CommandGrammar
import Libvirt

/// `backup-dumpxml DOMAIN`: the document of the backup that is being made, or what an XPath expression selects of it.
struct BackupDumpXMLCommand: VirshCommand {
  static let grammar = CommandGrammar(
    name: "backup-dumpxml", group: "backup", abstract: "Dump XML for an ongoing domain block backup job",
    discussion: "Prints the document of the backup that is being made, with what libvirt has filled in.",
    options: [DomainOption.domain, DomainOption.xpath, DomainOption.wrap],
    examples: [("snapsh backup-dumpxml guest --xpath //server", "Print where a pull backup can be fetched.")])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    return try XMLSelection(
      of: domain.backupXML(), xpath: arguments[DomainOption.xpath], wraps: arguments[DomainOption.wrap])
  }
}
