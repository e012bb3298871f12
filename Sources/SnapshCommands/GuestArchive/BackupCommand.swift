import CommandGrammar
import Libvirt
import Operations

/// `backup DOMAIN --output FILE`: the disks of one instant, with `--memory` the memory as well, while the guest runs.
struct BackupCommand: Command {
  static let needsConnection = true

  private static let memory = Option.flag("memory", help: "archive the memory of the same instant too")
  private static let quiesce = Option.text(
    "quiesce", namedOnly: true,
    help: "freeze the guest's file systems for the instant: require, try or no (default)")

  static let grammar = CommandGrammar(
    name: "backup", group: "archive", abstract: "archive the disks of a guest, and its memory if wanted",
    discussion: """
      Archives the disks as they are at one instant, and the definition, as
      one VMA file; a running guest goes on meanwhile. With --memory its
      memory at the same instant is archived too, and 'restore FILE --resume'
      brings the guest back at that very moment. A guest that is shut off is
      archived from its images. A failure or Ctrl-C leaves the guest as it
      was, and no archive that is not complete.
      """,
    options: [DomainOption.domain] + GuestArchiveOption.all + [memory, quiesce],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh backup guest --output /backup/guest.vma", "Archive the disks of a guest, running or not."),
      (
        "snapsh backup guest -o guest.vma --memory --exclude vdb",
        "Archive a running guest, one disk left out."
      ),
      (
        "snapsh backup guest -o guest.vma.zst --compress zstd:3 --quiesce try",
        "Freeze file systems if possible; compress."
      ),
    ])

  private let domain: String
  private let option: GuestArchiveOption
  private let withMemory: Bool
  private let quiesce: DiskBackup.Quiesce

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    option = try GuestArchiveOption(arguments)
    withMemory = try arguments[Self.memory]
    let text = try arguments[Self.quiesce]
    guard let quiesce = DiskBackup.Quiesce(rawValue: text ?? "no") else {
      throw CommandFailure("--quiesce takes require, try or no, not '\(text ?? "")'")
    }
    guard text == nil || !withMemory else {
      throw CommandFailure("--quiesce has no meaning with --memory: the guest's caches are in its memory")
    }
    self.quiesce = quiesce
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(found, work: "a backup")
    try session.waitForOtherJob(of: found)
    let request = try option.request(in: session, label: "Backup")
    guard withMemory else {
      let backup = DiskBackup(found, request, quiesce: quiesce)
      if option.isDryRun { return PlannedSteps(try backup.plan(), on: found) }
      return option.result(try backup.run())
    }
    let saving = session.jobProgress(label: "Memory")
    defer { saving.fail() }
    let backup = MemoryBackup(found, request, pace: .live, saveProgress: saving.show)
    if option.isDryRun { return PlannedSteps(try backup.plan(), on: found) }
    return option.result(try backup.run())
  }
}
