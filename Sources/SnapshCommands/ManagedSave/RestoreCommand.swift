import CommandGrammar
import Libvirt

/// `restore FILE`: starts the domain that a file holds, from the memory in it.
struct RestoreCommand: VirshCommand {
  private static let file = Option.required("file", completes: .file, help: "the state to restore")
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
    discussion: "Restore a domain.",
    options: [file, bypassCache, xml, later.running, later.paused, resetNVRAM],
    examples: [("restore /images/guest.save --paused", "Bring a guest back, and look before it goes on.")])

  private let file: String
  private let xmlFile: String?
  private let flags: DomainSaveFlags

  init(_ arguments: ParsedArguments) throws {
    file = try arguments[Self.file]
    xmlFile = try arguments[Self.xml]
    var flags = try Self.later.flags(in: arguments)
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    if try arguments[Self.resetNVRAM] { flags.insert(.resetNVRAM) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let xml = try xmlFile.map { try XMLFile(path: $0).text() }
    let connection = try session.connection()
    do {
      try connection.restore(from: file, xml: xml, flags)
    } catch {
      throw CommandFailure("Failed to restore domain from \(file)", cause: error)
    }
    return Sentence("Domain restored from \(file)\n", fields: ["file": file, "action": "restored"])
  }
}
