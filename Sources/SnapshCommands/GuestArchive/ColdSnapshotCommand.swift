import CommandGrammar
import Libvirt
import Operations

/// `cold-snapshot DOMAIN --output FILE`: disks and memory of a guest that is stopped for it.
struct ColdSnapshotCommand: Command {
  static let needsConnection = true

  private static let bypassCache = Option.flag("bypass-cache", help: "avoid file system cache when saving")
  private static let later = SaveOption(
    running: "let the guest run when it is started again",
    paused: "leave the guest paused when it is started again")
  private static let resumeFirst = Option.flag(
    "resume-first",
    help: "let the guest go on before the disks are archived, on overlays committed afterwards")
  private static let detachHostDevices = Option.flag(
    "detach-hostdevs",
    help: "take the host's devices (hostdev) from the guest before, and give them back after it is started")
  private static let saveDirectory = Option.text(
    "save-directory", namedOnly: true, completes: .file,
    help: "where libvirt keeps managed saves, if not in its usual place")

  static let grammar = CommandGrammar(
    name: "cold-snapshot", group: "archive", abstract: "archive disks and memory of a guest stopped for it",
    discussion: """
      Saves the guest's memory and stops it, archives disks, memory and
      definition as one VMA file, and starts the guest again where it was.
      With --resume-first the guest pauses only while its memory is saved.
      'restore FILE --resume' brings it back at that very moment. A failure
      or Ctrl-C leaves the guest running as before, and no archive that is
      not complete.
      """,
    options: [DomainOption.domain] + GuestArchiveOption.all
      + [resumeFirst, bypassCache, later.running, later.paused, detachHostDevices, saveDirectory],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh cold-snapshot guest --output /backup/guest.vma", "Archive a guest with its memory."),
      (
        "snapsh cold-snapshot guest -o guest.vma --resume-first",
        "The same, with a pause as short as the memory is small."
      ),
      (
        "snapsh cold-snapshot guest -o guest.vma --detach-hostdevs",
        "Archive a guest that has a PCI device of the host."
      ),
    ])

  private let domain: String
  private let option: GuestArchiveOption
  private let flags: DomainSaveFlags
  private let saveDirectory: String?
  private let resumesFirst: Bool
  private let detachesHostDevices: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    option = try GuestArchiveOption(arguments)
    resumesFirst = try arguments[Self.resumeFirst]
    detachesHostDevices = try arguments[Self.detachHostDevices]
    guard !resumesFirst || !detachesHostDevices else {
      throw ArgumentError.mutuallyExclusive("--resume-first", "--detach-hostdevs")
    }
    saveDirectory = try arguments[Self.saveDirectory]
    var flags = try Self.later.exclusiveFlags(in: arguments)
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    guard flags.isEmpty || !resumesFirst else {
      throw CommandFailure("--resume-first makes no managed save, so it takes none of its options")
    }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(found, work: "a cold snapshot")
    try session.waitForOtherOperation(on: found)
    let request = try option.request(in: session, label: "Archive")
    let saving = session.jobProgress(label: "Memory")
    defer { saving.fail() }
    if resumesFirst {
      let backup = MemoryBackup(found, request, pace: .paused, saveProgress: saving.show)
      if option.isDryRun { return PlannedSteps(try backup.plan(), on: found) }
      return option.result(try backup.run())
    }
    let snapshot = ColdSnapshot(
      found, request, saveFlags: flags, saveDirectory: saveDirectory,
      detachesHostDevices: detachesHostDevices, saveProgress: saving.show)
    if option.isDryRun { return PlannedSteps(try snapshot.plan(), on: found) }
    return option.result(try snapshot.run())
  }
}
