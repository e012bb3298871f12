import CommandGrammar
import Libvirt
import Operations

/// `restore FILE`: starts the domain that a saved state holds, or makes a guest of an archive again.
struct RestoreCommand: VirshCommand {
  /// An archive's disks alone are restored without any libvirt.
  static let needsConnection = false

  private static let file = Option.required(
    "file", completes: .file, help: "the state to restore, or an archive (- for standard input)")
  private static let bypassCache = Option.flag(
    "bypass-cache", help: "avoid file system cache when restoring")
  private static let xml = Option.text(
    "xml", completes: .file, help: "filename containing updated XML for the target")
  private static let later = SaveOption(
    running: "restore domain into running state", paused: "restore domain into paused state")
  private static let resetNVRAM = Option.flag(
    "reset-nvram", help: "re-initialize NVRAM from its pristine template")

  static let grammar = CommandGrammar(
    name: "restore", group: "domain", abstract: "restore a domain from a saved state in a file",
    discussion: """
      Restore a domain.

      FILE may also be an archive of 'backup' or 'cold-snapshot': its disks
      are written, and the domain is defined with them. --resume lets it go
      on where the archive shows it, --start boots it. The archive is checked
      as it is read; a failure leaves nothing behind, and nothing that exists
      is overwritten without --force. --instant runs the guest on overlays
      above the archive within seconds, and returns when all its data has been
      pulled out of it; until then a failure or Ctrl-C takes the guest away.
      """,
    options: [file, bypassCache, xml, later.running, later.paused, resetNVRAM] + ArchiveRestoreOption.all,
    examples: [
      ("snapsh restore /images/guest.save --paused", "Bring a guest back, and look before it goes on."),
      (
        "snapsh restore guest.vma --name copy --directory /images --resume",
        "Make a second guest of an archive, and let it go on."
      ),
      (
        "snapsh restore guest.vma --directory /images --instant",
        "Have a guest back within seconds, and its data behind it."
      ),
      (
        "ssh host cat guest.vma.zst | snapsh restore - --directory /images --start",
        "Restore a compressed archive from elsewhere."
      ),
    ])

  private let file: String
  private let xmlFile: String?
  private let flags: DomainSaveFlags
  private let archive: ArchiveRestoreOption

  init(_ arguments: ParsedArguments) throws {
    file = try arguments[Self.file]
    xmlFile = try arguments[Self.xml]
    var flags = try Self.later.flags(in: arguments)
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    if try arguments[Self.resetNVRAM] { flags.insert(.resetNVRAM) }
    self.flags = flags
    archive = try ArchiveRestoreOption(arguments, isPaused: flags.contains(.paused))
  }

  func run(in session: Session) throws -> any CommandResult {
    if file == "-" || OpenArchive.begins(at: file) || OpenGuestDirectory.isDirectory(file) {
      guard flags.isSubset(of: [.paused]), xmlFile == nil else {
        throw CommandFailure(
          "--bypass-cache, --running, --reset-nvram and --xml are for saved states, not for archives")
      }
      return try archive.restore(file, in: session)
    }
    let connection = try session.connection()
    guard !archive.isGiven else {
      throw CommandFailure("'\(file)' is no archive, so only the options for saved states can be given")
    }
    let xml = try xmlFile.map { try XMLFile(path: $0).text() }
    do {
      try connection.restore(from: file, xml: xml, flags)
    } catch {
      throw CommandFailure("Failed to restore domain from \(file)", cause: error)
    }
    return Sentence("Domain restored from \(file)\n", fields: ["file": file, "action": "restored"])
  }
}
