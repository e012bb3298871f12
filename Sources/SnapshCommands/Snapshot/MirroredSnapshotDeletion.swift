import CommandGrammar
import Libvirt
import Operations

/// What `snapshot-delete` does with a mirrored snapshot.
struct MirroredSnapshotDeletion {
  static let abort = Option.flag(
    "abort-mirror", help: "end a mirrored snapshot on the first storage, not the second (not in virsh)")
  static let commit = Option.flag(
    "commit", help: "with --abort-mirror, merge the overlays and forget the snapshot (not in virsh)")
  static let deleteStorage = Option.flag(
    "delete-storage", help: "remove what the guest leaves on the other storage (not in virsh)")
  static let timeout = Option.number(
    "timeout", namedOnly: true,
    help: "give up unless the mirrors have caught up in so many seconds (not in virsh)")

  static let options: [any DeclaredOption] = [abort, commit, deleteStorage, timeout]

  private let choice: MirroredSnapshotEnd.Choice
  private let removesLeftovers: Bool
  private let timeoutSeconds: Int?
  private let given: String?

  /// - Throws: `ArgumentError`.
  init(_ arguments: ParsedArguments) throws {
    try arguments.require(Self.abort, with: Self.commit)
    try arguments.refuseBoth([(Self.timeout, Self.abort)])
    choice =
      try !arguments[Self.abort] ? .pivot : arguments[Self.commit] ? .abortAndCommit : .abort
    removesLeftovers = try arguments[Self.deleteStorage]
    timeoutSeconds = try arguments[Self.timeout]
    if let timeoutSeconds, timeoutSeconds < 1 {
      throw ArgumentError.notANumber(option: "timeout", value: String(timeoutSeconds))
    }
    given = Self.options.first { arguments.isGiven($0) }?.grammar.name
  }

  /// Refuses the options for a snapshot that is not mirrored.
  ///
  /// - Throws: ``CommandFailure``.
  func refuseWithoutMirror(_ snapshot: String) throws {
    guard let given else { return }
    throw CommandFailure("--\(given) is about mirrored snapshots, and snapshot '\(snapshot)' is not mirrored")
  }

  /// Does what is wanted with a mirrored snapshot, or with one whose creation was interrupted.
  ///
  /// - Returns: `nil` for a snapshot that is neither.
  /// - Throws: `MirrorError` before anything is touched; ``CommandFailure`` where the same command can finish the rest.
  func run(
    _ snapshot: String, of domain: Domain, _ flags: SnapshotDeleteFlags, isDryRun: Bool, in session: Session
  ) throws -> (any CommandResult)? {
    if !isDryRun, let result = try takeBackUnfinishedCreation(of: snapshot, on: domain, in: session) {
      return result
    }
    guard let record = try MirrorRecords.read(of: domain, snapshot: snapshot) else { return nil }
    try domain.requireImagesHere()
    try session.requireNoUnfinishedOperation(on: domain)
    if flags.contains(.metadataOnly) {
      try MirrorGuard.refuseWhileMirrored(
        domain, work: "forgetting snapshot '\(snapshot)'", where: { $0.snapshot == snapshot })
      try MirrorRecords.remove(snapshot: snapshot, from: domain)
      return nil
    }
    return try end(record, on: domain, isDryRun: isDryRun, in: session)
  }

  private func end(
    _ record: MirrorRecord, on domain: Domain, isDryRun: Bool, in session: Session
  ) throws -> any CommandResult {
    try session.waitForOtherJob(of: domain)
    let printer = session.diskProgress(label: "Mirror", job: "mirror")
    let end = MirroredSnapshotEnd(
      record, choice: choice, on: domain, removesLeftovers: removesLeftovers, timeoutSeconds: timeoutSeconds,
      cancellation: session.interruptible(), progress: printer.show)
    if isDryRun {
      try end.check()
      return PlannedSteps(end.plan, on: domain)
    }
    try OperationJournal.claiming("mirror-end", on: domain, in: session.journals()) {
      try end.check()
      do {
        defer { printer.end() }
        try end.plan.run(cancellation: session.interruptible())
      } catch {
        do {
          try end.check()
        } catch let refusal as MirrorError {
          throw CommandFailure("snapshot '\(record.snapshot)' is not ended: \(refusal)", cause: error)
        }
        throw CommandFailure(
          "snapshot '\(record.snapshot)' is not ended yet; the same command does the rest", cause: error)
      }
    }
    let stays = choice == .pivot ? nil : "first"
    let chains = try DiskChain.chains(inDomainXML: domain.xml())
    return MirroredSnapshotEndResult(
      domain: domain.name, snapshot: record.snapshot, keepsSnapshot: choice == .abort,
      disks: record.mirrors.map { disk, path in
        let top = chains.first { $0.target == disk.target }?.top?.path
        return .init(
          target: disk.target, storage: stays ?? "second", source: top,
          wentOver: top == path)
      }, leftovers: try end.leftovers().map(LeftoverFile.init))
  }

  /// Takes back a creation that was interrupted.
  ///
  /// - Returns: `nil` where there is no such journal.
  private func takeBackUnfinishedCreation(
    of snapshot: String, on domain: Domain, in session: Session
  ) throws -> (any CommandResult)? {
    guard choice == .abortAndCommit else { return nil }
    let uuid = try domain.uuid()
    for journal in OperationJournal.all(in: try session.journals())
    where journal.record.operation == MirroredSnapshot.operation && journal.record.domainUUID == uuid
      && !journal.isHeld
    {
      let parameters = try journal.record.parameters(as: MirroredSnapshot.Parameters.self)
      guard parameters.snapshot == snapshot else { continue }
      let failure = try MirroredSnapshot.rollBack(journal: journal, connection: domain.connection)
      guard failure.notUndone.isEmpty else { throw failure }
      return Sentence(
        "Interrupted creation of mirrored snapshot \(snapshot) taken back\n",
        fields: SnapshotAction(domain: domain.name, snapshot: snapshot, action: "taken-back"))
    }
    return nil
  }
}

/// A file that a guest has left behind, for programs.
struct LeftoverFile: Encodable, Sendable {
  let path: String
  let allocatedBytes: UInt64
  /// Who still needs it; absent where nobody does that libvirt knows of.
  let neededBy: String?
  let removed: Bool

  init(_ file: StorageLeftovers.File) {
    path = file.path
    allocatedBytes = file.allocatedBytes
    neededBy = file.neededBy
    removed = file.isRemoved
  }

  /// `removed /a/ov`, `left /a/base (needed by domain 'x')`.
  var text: String {
    if removed { return "removed \(path)" }
    return "left \(path)" + (neededBy.map { " (needed by \($0))" } ?? " (--delete-storage removes it)")
  }
}

/// How a mirrored snapshot ended.
struct MirroredSnapshotEndResult: CommandResult {
  /// One mirrored disk.
  struct Disk: Encodable, Sendable {
    private enum CodingKeys: String, CodingKey {
      case target, storage, source
    }

    /// The guest's name for it.
    let target: String
    /// `first` or `second`: where the guest is now.
    let storage: String
    /// The image that the guest writes to.
    let source: String?
    /// Whether it is on the second one although the first was asked for.
    let lostRace: Bool

    init(target: String, storage: String, source: String?, wentOver: Bool) {
      self.target = target
      self.storage = wentOver ? "second" : storage
      self.source = source
      lostRace = wentOver && storage == "first"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case domain, snapshot, action, disks, leftovers
  }

  let domain: String
  let snapshot: String
  let keepsSnapshot: Bool
  let disks: [Disk]
  let leftovers: [LeftoverFile]

  /// 1 where a disk is not on the storage that was asked for.
  var exitStatus: Int32 { disks.contains(where: \.lostRace) ? 1 : 0 }

  func render(into text: inout TextOutput) {
    text.printExtra(
      keepsSnapshot
        ? "Mirrors of domain snapshot \(snapshot) ended\n" : "Domain snapshot \(snapshot) deleted\n")
    for disk in disks {
      let source = disk.source ?? "-"
      if disk.lostRace {
        text.print("\(disk.target) had gone over to the second storage before it could be kept: \(source)\n")
      } else {
        text.printExtra("\(disk.target) is on the \(disk.storage) storage: \(source)\n")
      }
    }
    for file in leftovers { text.printExtra(file.text + "\n") }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(snapshot, forKey: .snapshot)
    try container.encode(keepsSnapshot ? "mirrors-ended" : "deleted", forKey: .action)
    try container.encode(disks, forKey: .disks)
    try container.encode(leftovers, forKey: .leftovers)
  }
}
