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
    let domain = try session.domain(domain)
    if try arguments[Self.resume] || arguments[Self.rollback] {
      return try recover(domain, resumes: arguments[Self.resume], in: session)
    }
    try session.requireNoUnfinishedOperation(on: domain)
    try session.waitForOtherJob(of: domain)
    let places = try arguments[Self.disks].map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      return (disk: parts.first ?? "", path: parts.count > 1 ? parts[1] : nil)
    }
    let request = try StorageMigrationRequest(
      of: domain, places: places, directory: arguments[Self.directory], flattens: arguments[Self.flatten],
      keepsOverlay: arguments[Self.keepOverlay], bandwidth: bandwidth)
    return try migrate(request.parameters, domain, in: session)
  }

  private func migrate(
    _ parameters: StorageMigration.Parameters, _ domain: Domain, in session: Session
  ) throws -> any CommandResult {
    let printer = session.diskProgress(label: "Migrate", job: "storage-migrate")
    let migration = StorageMigration(
      parameters, on: domain.connection, domainUUID: try domain.uuid(), cancellation: session.interruptible(),
      progress: printer.show)
    if try arguments[Self.dryRun] { return PlannedSteps(migration.plan, on: domain) }
    do {
      defer { printer.end() }
      try session.carryOut(migration.plan, StorageMigration.operation, parameters, on: domain)
    }
    return try result(parameters, domain)
  }

  private func recover(_ domain: Domain, resumes: Bool, in session: Session) throws -> any CommandResult {
    let uuid = try domain.uuid()
    let journals = OperationJournal.all(in: try session.journals()).filter {
      $0.record.domainUUID == uuid && $0.record.operation == StorageMigration.operation
    }
    guard let journal = journals.first else {
      throw CommandFailure("no interrupted storage migration of domain '\(domain.name)' is known")
    }
    guard !journal.isHeld else { throw UnfinishedOperationError(journal) }
    let parameters = try journal.record.parameters(as: StorageMigration.Parameters.self)
    let migration = try StorageMigration(
      journal: journal, connection: domain.connection, cancellation: session.interruptible())
    if !resumes && migration.plan.willFinish(journal) {
      throw CommandFailure(
        "disks of domain '\(domain.name)' have gone over already: finish with 'storage-migrate \(domain.name) --resume'"
      )
    }
    if let failure = try migration.plan.recover(journal) {
      guard failure.notUndone.isEmpty else { throw failure }
      // What was begun could not be gone on with; the same move begins again from its start.
      if resumes { return try migrate(parameters, domain, in: session) }
      return Sentence(
        "Storage migration of domain '\(domain.name)' taken back\n",
        fields: StorageMigrationAction(domain: domain.name, action: "taken-back", disks: [], leftovers: []))
    }
    return try result(parameters, domain)
  }

  private func result(
    _ parameters: StorageMigration.Parameters, _ domain: Domain
  ) throws -> any CommandResult {
    let chains = try DiskChain.chains(inDomainXML: domain.xml())
    let inUse = Set(chains.flatMap(\.images).map(\.path))
    let old = parameters.snapshot.disks.flatMap { disk in
      StorageLeftovers.chain(from: .init(path: disk.overlay, format: disk.format)).map(\.path)
    }
    let files = try StorageLeftovers(on: domain.connection).settle(
      old.filter { !inUse.contains($0) }, removes: arguments[Self.deleteStorage])
    let moved = parameters.disks.map { disk in
      StorageMigrationAction.Disk(
        target: disk.target,
        images: chains.first { $0.target == disk.target }?.images.map(\.path) ?? [])
    }
    let lines =
      moved.map { "\($0.target) is now \($0.images.joined(separator: " on "))" }
      + files.map { LeftoverFile($0).text }
    return Sentence(
      "Domain '\(domain.name)' migrated to its new storage\n" + lines.map { $0 + "\n" }.joined(),
      fields: StorageMigrationAction(
        domain: domain.name, action: "migrated", disks: moved, leftovers: files.map(LeftoverFile.init)))
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
}
