import CommandGrammar
import Libvirt
import Operations

/// `storage-migrate DOMAIN`: moves a running guest's disks to another storage.
struct StorageMigrateCommand: VirshCommand {
  private static let disks = Option.repeated(
    "disk", completes: .disk, help: "a disk that moves, and where to: DISK[=PATH]; all disks by default")
  private static let directory = Option.text(
    "directory", namedOnly: true, completes: .file, help: "where images go that have no PATH of their own")
  private static let flatten = Option.flag("flatten", help: "make one image of each chain")
  private static let keepOverlay = Option.flag(
    "keep-overlay", help: "leave the overlay of the move on top instead of merging it")
  private static let deleteStorage = Option.flag(
    "delete-storage", help: "remove the images on the old storage that nobody else needs")
  private static let dryRun = Option.flag("dry-run", help: "print what would be done and do nothing")
  private static let resume = Option.flag(
    "resume", help: "finish a migration that was interrupted: what has not gone over begins again")
  private static let rollback = Option.flag(
    "rollback", help: "take a migration back that was interrupted before any disk went over")

  static let grammar = CommandGrammar(
    name: "storage-migrate", group: "domain", abstract: "move a running guest's disks to another storage",
    discussion: """
      Moves disks with their backing chains while the guest runs and writes.
      Nothing is lost whatever happens: until the first disk goes over, any
      failure takes all back; from then on --resume finishes the move.
      """,
    options: [
      DomainOption.domain, disks, directory, flatten, BandwidthLimit.option, BandwidthLimit.bytes,
      keepOverlay,
      deleteStorage, dryRun, resume, rollback,
    ],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      (
        "snapsh storage-migrate guest --directory /new/images --delete-storage",
        "Move all disks of a guest and clear the old storage."
      ),
      (
        "snapsh storage-migrate guest --disk vda=/new/vda.qcow2 --flatten", "Move one disk as a single image."
      ),
    ])

  private let arguments: ParsedArguments
  private let domain: String
  /// Bytes/s; `nil` for no limit.
  private let bandwidth: UInt64?

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    domain = try arguments[DomainOption.domain]
    let counts = try arguments[BandwidthLimit.bytes]
    bandwidth = try arguments[BandwidthLimit.option].map {
      try BandwidthLimit.bytesPerSecond($0, isInBytes: counts)
    }
    let selections: [any DeclaredOption] = [
      Self.disks, Self.directory, Self.flatten, Self.keepOverlay, Self.dryRun, Self.rollback,
    ]
    try arguments.refuseBoth(selections.map { (Self.resume, $0) })
    try arguments.refuseBoth(selections.dropLast().map { (Self.rollback, $0) })
  }

  func run(in session: Session) throws -> any CommandResult {
    if try arguments[Self.resume] || arguments[Self.rollback] {
      return try recover(resumes: arguments[Self.resume], in: session)
    }
    let domain = try session.domain(domain)
    try domain.requireImagesHere()
    try session.requireNoUnfinishedOperation(on: domain)
    try session.waitForOtherJob(of: domain)
    let places = try arguments[Self.disks].map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      return (disk: parts.first ?? "", path: parts.count > 1 ? parts[1] : nil)
    }
    let request = try StorageMigrationRequest(
      of: domain, places: places, directory: arguments[Self.directory], flattens: arguments[Self.flatten],
      keepsOverlay: arguments[Self.keepOverlay], removesOldStorage: arguments[Self.deleteStorage],
      bandwidth: bandwidth)
    return try migrate(request.parameters, domain, in: session)
  }

  private func migrate(
    _ parameters: StorageMigration.Parameters, _ domain: Domain, in session: Session
  ) throws -> any CommandResult {
    let printer = session.diskProgress(label: "Migrate", job: "storage-migrate")
    let uuid = try domain.uuid()
    let migration = StorageMigration(
      parameters, on: domain.connection, domainUUID: uuid, cancellation: session.interruptible(),
      progress: printer.show)
    if try arguments[Self.dryRun] { return PlannedSteps(migration.plan, on: domain) }
    do {
      defer { printer.end() }
      try session.carryOut(migration.plan, StorageMigration.operation, parameters, on: domain)
    }
    // A guest without a definition that has ended is another domain to libvirt now.
    return try result(of: migration, parameters, on: domain.connection.domain(uuid: uuid))
  }

  /// The journal of the interrupted migration; the domain may be one that libvirt has forgotten with its guest's end.
  private func interrupted(in session: Session) throws -> OperationJournal {
    let connection = try session.connection()
    let uri = try connection.uri()
    let journals = OperationJournal.all(in: try session.journals()).filter {
      $0.record.operation == StorageMigration.operation && $0.record.uri == uri
    }
    do {
      let found = try session.domain(domain)
      let uuid = try found.uuid()
      guard let journal = journals.first(where: { $0.record.domainUUID == uuid }) else {
        throw CommandFailure("no interrupted storage migration of domain '\(found.name)' is known")
      }
      return journal
    } catch {
      let forgotten = try journals.first { journal in
        try [journal.record.domain, journal.record.domainUUID].contains(domain)
          && !connection.domains().contains { try $0.uuid() == journal.record.domainUUID }
      }
      guard let forgotten else { throw error }
      return forgotten
    }
  }

  private func recover(resumes: Bool, in session: Session) throws -> any CommandResult {
    let connection = try session.connection()
    let journal = try interrupted(in: session)
    guard !journal.isHeld else { throw UnfinishedOperationError(journal, under: journal.record.uri) }
    let name = journal.record.domain
    let parameters = try journal.record.parameters(as: StorageMigration.Parameters.self)
    let migration = try StorageMigration(
      journal: journal, connection: connection, cancellation: session.interruptible())
    if try !resumes && migration.plan.willFinish(journal) {
      throw CommandFailure(
        "disks of domain '\(name)' have gone over already: finish with 'storage-migrate \(name) --resume'")
    }
    if let failure = try migration.plan.recover(journal) {
      guard failure.notUndone.isEmpty else { throw failure }
      if resumes {
        guard let domain = try? connection.domain(uuid: journal.record.domainUUID), try domain.isActive()
        else {
          throw CommandFailure(
            "domain '\(name)' has ended before any of its disks had gone over, so that all is taken back and they are "
              + "where they were: start it and migrate it again")
        }
        // What was begun could not be gone on with; the same move begins again from its start.
        return try migrate(parameters, domain, in: session)
      }
      return Sentence(
        "Storage migration of domain '\(name)' taken back\n",
        fields: StorageMigrationAction(
          domain: name, action: "taken-back", disks: [], leftovers: [], defined: nil))
    }
    return try result(
      of: migration, parameters, on: connection.domain(uuid: journal.record.domainUUID))
  }

  private func result(
    of migration: StorageMigration, _ parameters: StorageMigration.Parameters, on domain: Domain
  ) throws -> any CommandResult {
    let chains = try DiskChain.chains(inDomainXML: domain.xml())
    let files = try migration.leftovers(of: domain, removes: arguments[Self.deleteStorage])
    let moved = parameters.disks.map { disk in
      StorageMigrationAction.Disk(
        target: disk.target,
        images: chains.first { $0.target == disk.target }?.images.map(\.path) ?? [])
    }
    let lines =
      moved.map { "\($0.target) is now \($0.images.joined(separator: " on "))" }
      + files.map { LeftoverFile($0).text }
      + (migration.hasDefinedGuest
        ? ["the guest had ended and libvirt had forgotten it: it is defined, and 'start' starts it"] : [])
    return Sentence(
      "Domain '\(domain.name)' migrated to its new storage\n" + lines.map { $0 + "\n" }.joined(),
      fields: StorageMigrationAction(
        domain: domain.name, action: "migrated", disks: moved, leftovers: files.map(LeftoverFile.init),
        defined: migration.hasDefinedGuest ? true : nil))
  }
}

/// What has become of a storage migration, for programs.
struct StorageMigrationAction: Encodable, Sendable {
  /// A disk that has moved.
  struct Disk: Encodable, Sendable {
    /// The guest's name for it.
    let target: String
    /// Its images, uppermost first.
    let images: [String]
  }

  /// The domain's name.
  let domain: String
  /// `migrated` or `taken-back`.
  let action: String
  let disks: [Disk]
  /// What is left on the old storage.
  let leftovers: [LeftoverFile]
  /// Whether the guest, which had no definition, had ended, so that it was defined; left out where not.
  let defined: Bool?
}
