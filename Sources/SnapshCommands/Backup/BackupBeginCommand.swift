import CommandGrammar
import Libvirt

/// `backup-begin DOMAIN [BACKUP] [CHECKPOINT]`: starts a backup job of libvirt's.
struct BackupBeginCommand: VirshCommand {
  private static let backup = Option.text(
    "backupxml", completes: .file, help: "file of the backup's document")
  private static let checkpoint = Option.text(
    "checkpointxml", completes: .file, help: "file of the document of a checkpoint to make along with it")
  private static let reuseExternal = Option.flag(
    "reuse-external", help: "use the files of the document as they are there")

  static let grammar = CommandGrammar(
    name: "backup-begin", group: "backup", abstract: "Start a disk backup of a live domain",
    discussion: """
      Starts a full or incremental backup of a running domain's disks and
      returns at once. Without a document every disk is backed up to a file
      beside it. 'domjobinfo' tells how far it has come, 'domjobabort' ends it.
      """,
    options: [DomainOption.domain, backup, checkpoint, reuseExternal],
    examples: [
      (
        "snapsh backup-begin guest backup.xml monday.xml",
        "Start a backup, and a checkpoint for the next one."
      )
    ])

  private let arguments: ParsedArguments

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(arguments[DomainOption.domain])
    let xml = try arguments[Self.backup].map { try XMLFile(path: $0).text() } ?? "<domainbackup/>"
    let checkpoint = try arguments[Self.checkpoint].map { try XMLFile(path: $0).text() }
    let flags: BackupFlags = try arguments[Self.reuseExternal] ? .reuseExternal : []
    try session.waitForOtherJob(of: domain)
    try domain.beginBackup(xml: xml, checkpointXML: checkpoint, flags)
    return Sentence(
      "Backup started\n",
      fields: DomainAction(domain: domain.name, uuid: try domain.uuid(), action: "backup-started"))
  }
}
