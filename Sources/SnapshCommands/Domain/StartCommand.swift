import CommandGrammar
import Libvirt
import Operations

/// `start DOMAIN`: starts a domain, from its managed save where it has one.
struct StartCommand: VirshCommand {
  private static let domain = Option.required(
    "domain", completes: .domain, help: "name of the inactive domain")
  private static let console = Option.flag("console", help: "attach to console after creation")
  private static let paused = Option.flag("paused", help: "leave the guest paused after creation")
  private static let autodestroy = Option.flag(
    "autodestroy", help: "stop the guest as soon as this connection is closed")
  private static let bypassCache = Option.flag(
    "bypass-cache", help: "avoid file system cache when loading")
  private static let forceBoot = Option.flag(
    "force-boot", help: "force fresh boot by discarding any managed save")
  private static let passFiles = Option.text(
    "pass-fds", namedOnly: true, acceptsEmpty: true, help: "pass file descriptors N,M,... to the guest")
  private static let resetNVRAM = Option.flag(
    "reset-nvram", help: "re-initialize NVRAM from its pristine template")

  static let grammar = CommandGrammar(
    name: "start", group: "domain", abstract: "start a (previously defined) inactive domain",
    discussion: """
      Starts a domain that is defined but not running: it goes on from its
      managed save where it has one, and boots where it has none.
      """,
    options: [domain, console, paused, autodestroy, bypassCache, forceBoot, passFiles, resetNVRAM],
    examples: [("snapsh start guest --force-boot", "Boot afresh, throwing a managed save away.")])

  private let domain: String
  private let attachesConsole: Bool
  private let flags: DomainStartFlags
  private let passedFiles: String?

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[Self.domain]
    attachesConsole = try arguments[Self.console]
    passedFiles = try arguments[Self.passFiles]
    var flags: DomainStartFlags = []
    if try arguments[Self.paused] { flags.insert(.paused) }
    if try arguments[Self.autodestroy] { flags.insert(.autodestroy) }
    if try arguments[Self.bypassCache] { flags.insert(.bypassCache) }
    if try arguments[Self.forceBoot] { flags.insert(.forceBoot) }
    if try arguments[Self.resetNVRAM] { flags.insert(.resetNVRAM) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    guard !attachesConsole else {
      throw CommandFailure(
        "start --console is not offered here: start the guest, then use 'virsh console \(domain)'")
    }
    // As in virsh, a number is a name here: a domain that has an ID is running already.
    let found = try session.domain(domain, by: [.name, .uuid])
    guard found.id == nil else { throw CommandFailure("Domain is already active") }
    let files = try fileDescriptors()
    do {
      try DomainStart.start(found, passing: files, flags)
    } catch {
      throw CommandFailure("Failed to start domain '\(found.name)'", cause: error)
    }
    return Sentence(
      "Domain '\(found.name)' started\n",
      fields: DomainAction(domain: found.name, uuid: try found.uuid(), action: "started"))
  }

  private func fileDescriptors() throws -> [Int32] {
    guard let passedFiles, !passedFiles.isEmpty else { return [] }
    return try passedFiles.split(separator: ",", omittingEmptySubsequences: false).map { text in
      guard let number = Int32(text), number >= 0 else {
        throw CommandFailure("Unable to parse FD number '\(text)'")
      }
      return number
    }
  }
}
