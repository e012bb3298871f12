import CommandGrammar
import Libvirt

/// `checkpoint-create DOMAIN [FILE]`: makes a checkpoint as a document asks.
struct CheckpointCreateCommand: VirshCommand {
  private static let file = Option.text(
    "xmlfile", completes: .file, help: "file of the checkpoint's document")
  private static let redefine = Option.flag(
    "redefine", help: "restore what libvirt knows of a checkpoint that the disks have")
  private static let redefineValidate = Option.flag(
    "redefine-validate", help: "with --redefine, check that the disks have it")

  static let grammar = CommandGrammar(
    name: "checkpoint-create", group: "checkpoint", abstract: "Create a checkpoint from XML",
    discussion: "Makes the instant from which a later backup can be incremental, as a document describes it.",
    options: [DomainOption.domain, file, redefine, redefineValidate, CheckpointCreation.quiesce],
    examples: [
      ("snapsh checkpoint-create guest monday.xml", "Make the checkpoint that a document describes.")
    ])

  private let arguments: ParsedArguments
  private let flags: CheckpointCreateFlags

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    try arguments.require(Self.redefine, with: Self.redefineValidate)
    var flags: CheckpointCreateFlags = []
    if try arguments[Self.redefine] { flags.insert(.redefine) }
    if try arguments[Self.redefineValidate] { flags.insert(.redefineValidate) }
    if try arguments[CheckpointCreation.quiesce] { flags.insert(.quiesce) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let file = try arguments[Self.file]
    let xml = try file.map { try XMLFile(path: $0).text() } ?? "<domaincheckpoint/>"
    try session.waitForExclusiveJob(of: domain)
    return CheckpointCreation.result(of: try domain.createCheckpoint(xml: xml, flags), source: file)
  }
}
