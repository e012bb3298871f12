import CommandGrammar
import Libvirt
import Operations

/// `managedsave DOMAIN`: saves a domain's memory to a file of libvirt's and stops it.
struct ManagedSaveCommand: VirshCommand {
  private static let bypassCache = Option.flag("bypass-cache", help: "avoid file system cache when saving")
  private static let running = Option.flag("running", help: "set domain to be running on next start")
  private static let paused = Option.flag("paused", help: "set domain to be paused on next start")
  private static let verbose = Option.flag("verbose", help: "display the progress of save")

  static let grammar = CommandGrammar(
    name: "managedsave", group: "domain", abstract: "managed save of a domain state",
    discussion: """
      Saves a running domain's memory to a file that libvirt keeps, and stops
      the domain. The next 'start' goes on from there. Ctrl-C gives up the
      save and leaves the domain running.
      """,
    options: [DomainOption.domain, bypassCache, running, paused, verbose],
    exitStatuses: ExitStatus.interruptible,
    examples: [("snapsh managedsave guest --verbose", "Save a guest, showing how far it has come.")])

  private let domain: String
  private let flags: DomainSaveFlags
  private let showsProgress: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    showsProgress = try arguments[Self.verbose]
    var flags: DomainSaveFlags = []
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    if try arguments[Self.running] { flags.insert(.running) }
    if try arguments[Self.paused] { flags.insert(.paused) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(found, work: "a managed save")
    let action = DomainAction(domain: found.name, uuid: try found.uuid(), action: "saved")
    let flags = flags
    do {
      try session.runJob(on: found, label: "Managedsave", isVerbose: showsProgress) {
        (domain) throws(LibvirtError) in
        try domain.managedSave(flags)
      }
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to save domain '\(domain)' state", cause: error)
    }
    return Sentence("\nDomain '\(domain)' state saved by libvirt\n", fields: action)
  }
}
