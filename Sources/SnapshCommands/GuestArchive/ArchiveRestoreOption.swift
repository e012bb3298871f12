import CommandGrammar
import DiskIO
import Operations

/// The options with which `restore` makes a guest of an archive.
struct ArchiveRestoreOption {
  private static let name = Option.text(
    "name", namedOnly: true, help: "new name (archives; with it a new UUID and new MAC addresses)")
  private static let directory = Option.text(
    "directory", namedOnly: true, completes: .file,
    help: "where the disks go (archives; default where they were)")
  private static let disks = Option.repeated(
    "disk", namedOnly: true, help: "TARGET=PATH, where a disk goes (archives)")
  private static let format = Option.text(
    "format", namedOnly: true, help: "format of the disks, qcow2 or raw (archives; default as they were)")
  private static let preallocation = PreallocationOption.declared(
    help: "storage of the disks that is taken at once: off, falloc or full (archives; default off)")
  private static let resume = Option.flag("resume", help: "let the guest go on with its memory (archives)")
  private static let start = Option.flag("start", help: "boot the guest from its disks (archives)")
  private static let defineOnly = Option.flag(
    "define-only", help: "define the guest and leave it off (archives; default)")
  private static let disksOnly = Option.flag(
    "disks-only", help: "write the disks and define nothing (archives)")
  private static let keepIdentity = Option.flag(
    "keep-identity", help: "keep UUID and MAC addresses despite a new name (archives)")
  private static let force = Option.flag(
    "force", help: "replace files and a shut-off guest that are in the way (archives)")

  private static let instant = Option.flag(
    "instant", help: "run the guest at once from the archive, and pull its data in behind it (archives)")

  static let all: [any DeclaredOption] = [
    name, directory, disks, format, preallocation, resume, start, defineOnly, disksOnly, keepIdentity, force,
    instant,
  ]

  private let wishes: GuestRestore.Wishes
  private let isInstant: Bool
  /// Whether the command line leaves the ending to the archive.
  private let hasNoEnding: Bool
  /// Whether any of them stands on the command line.
  let isGiven: Bool

  /// - Parameters:
  ///   - arguments: The command's.
  ///   - isPaused: Whether `--paused` is among them, which saved states take as well.
  /// - Throws: `CommandFailure`, `ArgumentError`.
  init(_ arguments: ParsedArguments, isPaused: Bool) throws {
    isGiven = Self.all.contains { arguments.isGiven($0) }
    var wishes = GuestRestore.Wishes()
    wishes.name = try arguments[Self.name]
    wishes.directory = try arguments[Self.directory].map(AbsolutePath.of)
    for disk in try arguments[Self.disks] {
      guard let equals = disk.firstIndex(of: "="), equals != disk.startIndex else {
        throw CommandFailure("--disk takes TARGET=PATH, such as vda=/images/vda.qcow2, not '\(disk)'")
      }
      wishes.paths[String(disk[..<equals])] = AbsolutePath.of(String(disk[disk.index(after: equals)...]))
    }
    wishes.keepsIdentity = try arguments[Self.keepIdentity]
    wishes.replaces = try arguments[Self.force]
    switch try arguments[Self.format] {
    case nil: break
    case "raw": wishes.format = .raw
    case "qcow2": wishes.format = try ImageFormat("qcow2")
    case let other?: throw CommandFailure("disks are restored as qcow2 or raw, not as '\(other)'")
    }
    wishes.preallocation = try PreallocationOption.value(arguments[Self.preallocation])
    let endings: [(Bool, GuestRestore.Ending, String)] = [
      (try arguments[Self.resume], .resumed, "--resume"), (isPaused, .paused, "--paused"),
      (try arguments[Self.start], .started, "--start"),
      (try arguments[Self.defineOnly], .defined, "--define-only"),
      (try arguments[Self.disksOnly], .disksOnly, "--disks-only"),
    ]
    let given = endings.filter(\.0)
    if given.count > 1 { throw ArgumentError.mutuallyExclusive(given[0].2, given[1].2) }
    wishes.ending = given.first?.1 ?? .defined
    isInstant = try arguments[Self.instant]
    hasNoEnding = given.isEmpty
    if isInstant, let ending = given.first, ending.1 == .defined || ending.1 == .disksOnly {
      throw ArgumentError.mutuallyExclusive("--instant", ending.2)
    }
    if isInstant, wishes.preallocation != .off {
      throw ArgumentError.mutuallyExclusive("--instant", "--preallocation")
    }
    self.wishes = wishes
  }

  /// What came of an archive.
  struct Restored: CommandResult {
    struct Disk: Encodable {
      let target: String
      let path: String
      let format: String
    }

    let archive: String
    let domain: String
    let uuid: String?
    let action: String
    let disks: [Disk]
    let memory: String?
    let instant: String?
    let verified: ArchiveReadSummary?
    /// Whether its data came after it; what carries digests was checked on the way.
    let isInstant: Bool
    let unproven: String?

    private enum CodingKeys: String, CodingKey {
      case archive, domain, uuid, action, disks, memory, instant, verified, isInstant
    }

    func render(into text: inout TextOutput) {
      switch action {
      case "disks-restored": text.printExtra("Disks of domain '\(domain)' restored from \(archive)\n")
      case "resumed":
        text.printExtra("Domain '\(domain)' restored from \(archive) and goes on where it was\n")
      case "paused": text.printExtra("Domain '\(domain)' restored from \(archive), paused where it was\n")
      case "started": text.printExtra("Domain '\(domain)' restored from \(archive) and started\n")
      default: text.printExtra("Domain '\(domain)' restored from \(archive)\n")
      }
      if let memory {
        text.printExtra("Its memory is in \(memory); 'restore \(memory)' lets it go on\n")
      }
      if let unproven { text.printExtra("note: \(unproven)\n") }
    }
  }

  /// Makes the guest.
  func restore(_ path: String, in session: Session) throws -> any CommandResult {
    let cancellation = session.interruptible()
    if isInstant { return try restoreInstantly(path, cancellation, in: session) }
    let archive: any RestoreSource =
      OpenGuestDirectory.isDirectory(path)
      ? try OpenGuestDirectory(path: path, cancellation: cancellation)
      : try OpenArchive(path: path, cancellation: cancellation)
    let restore = try GuestRestore(archive, wishes)
    let progress = session.jobProgress(label: "Restore")
    defer { progress.fail() }
    let connection = wishes.ending == .disksOnly ? nil : try session.connection()
    let made = try restore.run(
      on: connection, journalDirectory: StateDirectory(environment: session.environment).journals,
      cancellation: cancellation, progress: TimedProgress(progress))
    let verified = made.report.map(ArchiveReadSummary.init)
    return result(
      path, made, wishes.ending, verified: verified,
      unproven: verified.map(\.unproven)
        ?? "plain files carry no digests, so changed data cannot be noticed")
  }

  /// Brings the guest up on the archive itself, and returns when its images have all its data.
  private func restoreInstantly(
    _ path: String, _ cancellation: Cancellation, in session: Session
  ) throws -> any CommandResult {
    guard path != "-", !OpenGuestDirectory.isDirectory(path) else {
      throw CommandFailure("--instant needs an archive in a file, of which it reads what the guest asks for")
    }
    let archive = try IndexedArchive(path: path, cancellation: cancellation)
    var wishes = wishes
    if hasNoEnding {
      wishes.ending = archive.index.devices.contains(where: \.device.isVMState) ? .resumed : .started
    }
    let restore = try InstantRestore(archive, wishes)
    let progress = session.jobProgress(label: "Restore")
    defer { progress.fail() }
    let made = try restore.run(
      on: session.connection(), journalDirectory: StateDirectory(environment: session.environment).journals,
      cancellation: cancellation, progress: TimedProgress(progress)
    ) { name in
      guard !session.printsJSON, !session.options.isQuiet else { return }
      progress.clear()
      // What follows may take long, and who waits for the guest need not wait for it.
      session.console.printError("Domain '\(name)' is up; its data is being pulled in\n")
    }
    let hasDigests = archive.index.header.integrity == .digests
    return result(
      path, made, wishes.ending, verified: nil,
      unproven: hasDigests ? nil : "the archive carries no digests, so changed data cannot be noticed")
  }

  private func result(
    _ path: String, _ made: GuestRestore.Result, _ ending: GuestRestore.Ending,
    verified: ArchiveReadSummary?, unproven: String?
  ) -> Restored {
    Restored(
      archive: path, domain: made.name, uuid: made.uuid, action: action(of: ending),
      disks: made.disks.map { .init(target: $0.target, path: $0.source, format: $0.format) },
      memory: made.saveImage, instant: made.guest?.instant, verified: verified, isInstant: isInstant,
      unproven: unproven)
  }

  private func action(of ending: GuestRestore.Ending) -> String {
    switch ending {
    case .disksOnly: "disks-restored"
    case .defined: "defined"
    case .started: "started"
    case .resumed: "resumed"
    case .paused: "paused"
    }
  }
}
