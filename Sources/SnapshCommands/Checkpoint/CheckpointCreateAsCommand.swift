import CommandGrammar
import Libvirt

/// `checkpoint-create-as DOMAIN [NAME] [DESCRIPTION] [DISKSPEC…]`: makes a checkpoint without a document.
struct CheckpointCreateAsCommand: VirshCommand {
  private static let name = Option.text("name", help: "the checkpoint's name")
  private static let description = Option.text("description", help: "what the checkpoint is for")
  private static let printXML = Option.flag("print-xml", help: "print the document and make nothing")
  private static let disks = Option.repeated(
    "diskspec", completes: .disk, help: "how a disk takes part: DISK[,checkpoint=KIND][,bitmap=NAME]")

  static let grammar = CommandGrammar(
    name: "checkpoint-create-as", group: "checkpoint", abstract: "Create a checkpoint from a set of args",
    discussion: "Makes the instant from which a later backup can be incremental.",
    options: [DomainOption.domain, name, description, printXML, CheckpointCreation.quiesce, disks],
    examples: [
      (
        "snapsh checkpoint-create-as guest monday --diskspec vda,checkpoint=bitmap --diskspec vdb,checkpoint=no",
        "Follow the changes of the first disk from now on."
      )
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let draft = MomentDraft(
      root: "domaincheckpoint", name: try arguments[Self.name],
      description: try arguments[Self.description],
      disks: try arguments[Self.disks].map { try CheckpointDiskSpecification($0).element })
    if try arguments[Self.printXML] { return draft.result }
    try session.waitForExclusiveJob(of: domain)
    let flags: CheckpointCreateFlags = try arguments[CheckpointCreation.quiesce] ? .quiesce : []
    return CheckpointCreation.result(of: try domain.createCheckpoint(xml: draft.xml, flags), source: nil)
  }
}
