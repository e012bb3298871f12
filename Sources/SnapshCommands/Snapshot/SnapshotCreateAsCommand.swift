import CommandGrammar
import Libvirt
import Operations

/// `snapshot-create-as DOMAIN [NAME] [DESCRIPTION] [DISKSPEC…]`: takes a snapshot without a document.
struct SnapshotCreateAsCommand: VirshCommand {
  private static let name = Option.text("name", help: "name of snapshot")
  private static let description = Option.text("description", help: "description of snapshot")
  private static let printXML = Option.flag("print-xml", help: "print XML document rather than create")
  private static let memory = Option.text(
    "memspec", namedOnly: true, help: "memory attributes: [file=]name[,snapshot=type]")
  private static let disks = Option.repeated(
    "diskspec", completes: .disk,
    help: "disk attributes: disk[,snapshot=type][,driver=type][,stype=type][,file=name][,mirror=name]")

  static let grammar = CommandGrammar(
    name: "snapshot-create-as", group: "snapshot", abstract: "Create a snapshot from a set of args",
    discussion: "Create a snapshot (disk and RAM) from arguments",
    options: [DomainOption.domain, name, description, printXML] + SnapshotCreation.flagOptions
      + [memory, disks, ManagedSaveOption.drop, ManagedSaveOption.rewrite] + MirrorOptions.all,
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh snapshot-create-as guest before-upgrade --disk-only --diskspec vda,file=/images/guest.upgrade",
        "Put an overlay on the guest's first disk."
      )
    ])

  private let arguments: ParsedArguments
  private let flags: SnapshotCreateFlags
  private let choice: ManagedSaveGuard.Choice
  private let mirrorOptions: MirrorOptions

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    choice = try ManagedSaveOption.choice(in: arguments)
    mirrorOptions = try MirrorOptions(arguments)
    flags = try SnapshotCreation.flags(in: arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let draft = MomentDraft(
      root: "domainsnapshot", name: try arguments[Self.name], description: try arguments[Self.description],
      memory: try arguments[Self.memory].map(MemorySpecification.init)?.element,
      disks: try arguments[Self.disks].map { try DiskSpecification($0).element })
    if try arguments[Self.printXML] { return draft.result }
    return try SnapshotCreation(flags: flags, choice: choice, mirrorOptions: mirrorOptions)
      .run(xml: draft.xml, on: domain, source: nil, in: session)
  }
}
