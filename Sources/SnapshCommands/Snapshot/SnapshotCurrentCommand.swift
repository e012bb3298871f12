import CommandGrammar
import Libvirt
import Operations

/// `snapshot-current DOMAIN`: prints the current snapshot, or makes another one current.
struct SnapshotCurrentCommand: VirshCommand {
  private static let name = Option.flag("name", help: "list the name, rather than the full xml")
  private static let snapshotName = SnapshotSelector.nameOption(
    help: "name of existing snapshot to make current")

  static let grammar = CommandGrammar(
    name: "snapshot-current", group: "snapshot", abstract: "Get or set the current snapshot",
    options: [DomainOption.domain, name, DomainOption.securityInformation, snapshotName],
    exitStatuses: ExitStatus.interruptibleWhileWaiting,
    examples: [("snapsh snapshot-current guest --name", "Print the name of the guest's current snapshot.")])

  private let arguments: ParsedArguments
  private let printsName: Bool
  private let flags: SnapshotXMLFlags

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    printsName = try arguments[Self.name]
    flags = try arguments[DomainOption.securityInformation] ? .secure : []
    if printsName && arguments.isGiven(Self.snapshotName) {
      throw ArgumentError.mutuallyExclusive("--name", "--snapshotname")
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domainName = try arguments[DomainOption.domain]
    let domain = try session.domain(domainName)
    if let name = try arguments[Self.snapshotName] {
      try session.waitForOtherJob(of: domain)
      try SnapshotRedefinition.makeCurrent(domain.snapshot(named: name))
      return Sentence(
        "Snapshot \(name) set as current",
        fields: SnapshotAction(domain: domain.name, snapshot: name, action: "made-current"))
    }
    guard try domain.hasCurrentSnapshot() else {
      throw CommandFailure("domain '\(domainName)' has no current snapshot")
    }
    let snapshot = try domain.currentSnapshot()
    if printsName { return SnapshotName.result(of: snapshot) }
    return try XMLSelection(of: snapshot.xml(flags), xpath: nil, wraps: false)
  }
}

/// A snapshot's name alone, for programs.
struct SnapshotName: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The snapshot's name.
  let snapshot: String

  /// virsh puts no newline behind the name but the one that ends every command.
  static func result(of snapshot: DomainSnapshot) -> PlainText<SnapshotName> {
    let name = snapshot.name
    return PlainText(name, fields: SnapshotName(domain: snapshot.domain.name, snapshot: name))
  }
}
