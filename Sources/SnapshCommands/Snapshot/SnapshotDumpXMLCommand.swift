import CommandGrammar
import Libvirt
import Operations

/// `snapshot-dumpxml DOMAIN SNAPSHOT`: a snapshot's document, or what an XPath expression selects of it.
struct SnapshotDumpXMLCommand: VirshCommand {
  private static let name = Option.required("snapshotname", completes: .snapshot, help: "snapshot name")

  static let grammar = CommandGrammar(
    name: "snapshot-dumpxml", group: "snapshot", abstract: "Dump XML for a domain snapshot",
    discussion: "Snapshot Dump XML",
    options: [
      DomainOption.domain, name, DomainOption.securityInformation, DomainOption.xpath, DomainOption.wrap,
    ],
    examples: [
      ("snapsh snapshot-dumpxml guest before-upgrade", "Print all that libvirt knows of a snapshot.")
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let snapshot = try domain.snapshot(named: arguments[Self.name])
    let flags: SnapshotXMLFlags = try arguments[DomainOption.securityInformation] ? .secure : []
    let xml = try MirroredSnapshotXML.adding(
      MirrorRecords.read(of: domain, snapshot: snapshot.name), to: snapshot.xml(flags))
    return try XMLSelection(
      of: xml, xpath: arguments[DomainOption.xpath], wraps: arguments[DomainOption.wrap])
  }
}
