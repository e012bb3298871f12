import CommandGrammar
import Libvirt
import Operations

/// `snapshot-create DOMAIN [FILE]`: takes a snapshot as a document asks.
struct SnapshotCreateCommand: VirshCommand {
  private static let file = Option.text("xmlfile", completes: .file, help: "domain snapshot XML")
  private static let redefine = Option.flag("redefine", help: "redefine metadata for existing snapshot")
  private static let current = Option.flag("current", help: "with redefine, set current snapshot")

  static let grammar = CommandGrammar(
    name: "snapshot-create", group: "snapshot", abstract: "Create a snapshot from XML",
    discussion: "Create a snapshot (disk and RAM) from XML",
    options: [DomainOption.domain, file, redefine, current] + SnapshotCreation.flagOptions
      + [ManagedSaveOption.drop, ManagedSaveOption.rewrite] + MirrorOptions.all,
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh snapshot-create guest request.xml --atomic", "Take the snapshot that a document describes.")
    ]
  )

  private let arguments: ParsedArguments
  private let flags: SnapshotCreateFlags
  private let choice: ManagedSaveGuard.Choice
  private let mirrorOptions: MirrorOptions

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    choice = try ManagedSaveOption.choice(in: arguments)
    mirrorOptions = try MirrorOptions(arguments)
    var flags = try SnapshotCreation.flags(in: arguments)
    if try arguments[Self.redefine] { flags.insert(.redefine) }
    if try arguments[Self.current] { flags.insert(.current) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let file = try arguments[Self.file]
    let xml = try file.map { try XMLFile(path: $0).text() } ?? "<domainsnapshot/>"
    return try SnapshotCreation(flags: flags, choice: choice, mirrorOptions: mirrorOptions)
      .run(xml: xml, on: domain, source: file, in: session)
  }
}
