import CommandGrammar
import Libvirt
import Operations

/// `backup DOMAIN --output FILE`: the disks of one instant, with `--memory` the memory as well, while the guest runs.
struct BackupCommand: Command {
  private static let domain = Option.text("domain", completes: .domain, help: "domain name, id or uuid")
  private static let qmp = Option.text(
    "qmp", namedOnly: true, completes: .file,
    help: "instead of a domain, the QMP socket of a QEMU that no libvirt manages")
  private static let memory = Option.flag("memory", help: "archive the memory of the same instant too")
  private static let nbdAddress = Option.text(
    "nbd-address", namedOnly: true,
    help:
      "fetch the disks of a running guest over TCP: an address of its host, :PORT behind it (default 10809)")
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

      A guest of another host is archived there; its disks can also be
      fetched from here while it runs, with --nbd-address. What comes over
      TCP is not encrypted; --scratch then is a directory of that host.

      With --qmp the guest is a QEMU's without libvirt: SOCKET is the Unix
      socket of its -qmp option. --disk and --exclude take the names of block
      nodes, drives or devices; without them all writable disks of the guest
      are archived.
      """,
    options: [domain] + GuestArchiveOption.all + [memory, quiesce, nbdAddress, qmp],
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
      (
        "snapsh -c qemu+ssh://host/system backup guest -o guest.vma --nbd-address host",
        "Fetch the disks of a guest that runs on another host."
      ),
      (
        "snapsh backup --qmp /run/vm1.qmp -o vm1.vma --memory",
        "Archive a QEMU that runs without libvirt."
      ),
    ])

  /// What is archived.
  private enum Guest {
    case domain(String)
    case monitor(String)
  }

  private let guest: Guest
  private let option: GuestArchiveOption
  private let withMemory: Bool
  private let quiesce: DiskBackup.Quiesce
  private let server: BackupServer?

  init(_ arguments: ParsedArguments) throws {
    guest = try Self.guest(arguments)
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
    server = try arguments[Self.nbdAddress].map { (text) throws(GuestArchiveError) in try BackupServer(text) }
    guard server == nil || !withMemory else {
      throw CommandFailure(
        "--nbd-address fetches disks alone; the memory is archived on the guest's own host")
    }
  }

  private static func guest(_ arguments: ParsedArguments) throws -> Guest {
    switch (try arguments[domain], try arguments[qmp]) {
    case (let domain?, nil): return .domain(domain)
    case (nil, nil): throw CommandFailure("command 'backup' requires <domain> option, or --qmp SOCKET")
    case (nil, let socket?):
      let unfit: [any DeclaredOption] = [quiesce, nbdAddress, GuestArchiveOption.outputDirectory]
      if let option = unfit.first(where: { arguments.isGiven($0) }) {
        throw CommandFailure(
          "--\(option.grammar.name) is for libvirt's guests; --qmp makes an archive of what QEMU sends")
      }
      return .monitor(AbsolutePath.of(socket))
    case (_?, _?): throw ArgumentError.mutuallyExclusive("--domain", "--qmp")
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    switch guest {
    case .domain(let domain): try archive(domain, in: session)
    case .monitor(let socket): try archive(monitor: socket, in: session)
    }
  }

  private func archive(monitor socket: String, in session: Session) throws -> any CommandResult {
    try session.waitForOtherOperation(atMonitor: socket)
    let backup = MonitorBackup(
      socket, withMemory: withMemory, try option.request(in: session, label: "Backup"))
    if option.isDryRun {
      let (guest, plan) = try backup.plan()
      return PlannedSteps(plan, on: guest)
    }
    let made = try backup.run()
    return option.result(made.guest, made.summary)
  }

  private func archive(_ domain: String, in session: Session) throws -> any CommandResult {
    try session.connect()
    let found = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(found, work: "a backup")
    try session.waitForOtherOperation(on: found)
    let request = try option.request(in: session, label: "Backup")
    guard withMemory else {
      let backup = DiskBackup(found, request, quiesce: quiesce, server: server)
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
