import CommandGrammar
import Libvirt
import Operations

/// `save DOMAIN FILE`: saves a domain's memory to a file of one's own and stops it.
struct SaveCommand: VirshCommand {
  private static let file = Option.required("file", completes: .file, help: "where to save the data")
  private static let bypassCache = Option.flag("bypass-cache", help: "avoid file system cache when saving")
  private static let xml = Option.text(
    "xml", completes: .file, help: "filename containing updated XML for the target")
  private static let later = SaveOption.later("restore")
  private static let verbose = Option.flag("verbose", help: "display the progress of save")

  static let grammar = CommandGrammar(
    name: "save", group: "domain", abstract: "save a domain state to a file",
    discussion: "Save the RAM state of a running domain.",
    options: [DomainOption.domain, file, bypassCache, xml, later.running, later.paused, verbose],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh save guest /images/guest.save --verbose", "Save a guest, showing how far it has come.")
    ])

  private let domain: String
  private let file: String
  private let xmlFile: String?
  private let flags: DomainSaveFlags
  private let isVerbose: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    file = try arguments[Self.file]
    xmlFile = try arguments[Self.xml]
    isVerbose = try arguments[Self.verbose]
    var flags = try Self.later.flags(in: arguments)
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let found = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(found, work: "saving the guest")
    let xml = try xmlFile.map { try XMLFile(path: $0).text() }
    let fields = SaveFileAction(domain: found.name, uuid: try found.uuid(), file: file, action: "saved")
    let (file, flags) = (file, flags)
    do {
      try session.runJob(on: found, label: "Save", isVerbose: isVerbose) { (domain) throws(LibvirtError) in
        try domain.save(to: file, xml: xml, flags)
      }
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to save domain '\(domain)' to \(file)", cause: error)
    }
    return Sentence("\nDomain '\(domain)' saved to \(file)\n", fields: fields)
  }
}

/// A file that a domain has been saved to, for programs.
struct SaveFileAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The domain's UUID.
  let uuid: String
  /// The file.
  let file: String
  /// What has been done.
  let action: String
}
