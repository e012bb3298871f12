import DiskIO
import Glibc
import Libvirt

/// Moving a running guest's disks to another storage, each with its whole chain or flattened to one image.
///
/// Built on a mirrored snapshot: empty images take the names on the new storage, a mirror stands on them, what lies
/// still on the old storage is copied beside the running guest, and the guest goes over.
public final class StorageMigration {
  /// The name of the operation in its journal.
  public static let operation = "storage-migrate"

  /// What the operation works from; kept in its journal.
  public struct Parameters: Codable, Equatable, Sendable {
    /// An image and its place on the new storage.
    public struct Layer: Codable, Equatable, Sendable {
      /// Where it is.
      public var source: DiskChain.Image
      /// Where it goes.
      public var destination: DiskChain.Image
    }

    /// One disk that moves.
    public struct Disk: Codable, Equatable, Sendable {
      /// The guest's name for it.
      public var target: String
      /// Bytes that the guest sees.
      public var size: UInt64
      /// The images, uppermost first; a single one where the chain is flattened.
      public var layers: [Layer]
      /// The file that the guest writes to on the new storage until it is merged.
      public var mirror: String
    }

    /// The mirrored snapshot that carries the move.
    public var snapshot: MirroredSnapshot.Parameters
    /// The disks.
    public var disks: [Disk]
    /// Whether each chain becomes one image.
    public var flattens: Bool
    /// Whether the mirror's overlay stays on top of the chain.
    public var keepsOverlay: Bool
    /// Bytes/s of the copy; `nil` for no limit.
    public var bandwidth: UInt64?
    /// Whether what the guest leaves on the old storage goes, where nobody else needs it; `nil` means it stays.
    public var removesOldStorage: Bool?
    /// The domain's name.
    public var domain: String?
    /// The definition of a guest that libvirt would forget with its end, its passwords included; `nil` for one that is defined.
    public var definition: String?
  }

  private let parameters: Parameters
  private let connection: Connection
  private let domainUUID: String
  private let cancellation: Cancellation
  private let progress: DiskProgressReceiver
  private let snapshot: MirroredSnapshot
  /// Names that somebody else had taken when we came: not ours to remove.
  private var foreignFiles: Set<String> = []
  /// What the step that removes it has found; `nil` before it.
  private var removed: [StorageLeftovers.File]?
  /// Whether the guest had ended, and was defined so that its disks could be moved.
  public private(set) var hasDefinedGuest = false

  /// - Parameters:
  ///   - parameters: From ``StorageMigrationRequest``, or from a journal.
  ///   - connection: The domain's.
  ///   - domainUUID: The domain.
  ///   - cancellation: Asked between the steps and while waiting.
  ///   - progress: Told while images are copied and mirrors catch up.
  public init(
    _ parameters: Parameters, on connection: Connection, domainUUID: String, cancellation: Cancellation,
    progress: @escaping DiskProgressReceiver = { _ in }
  ) {
    self.parameters = parameters
    self.connection = connection
    self.domainUUID = domainUUID
    self.cancellation = cancellation
    self.progress = progress
    snapshot = MirroredSnapshot(
      parameters.snapshot, on: connection, domainUUID: domainUUID, cancellation: cancellation,
      progress: progress)
  }

  /// The operation of a journal, to be carried on or taken back.
  ///
  /// - Throws: What the journal cannot be read for.
  public convenience init(
    journal: OperationJournal, connection: Connection, cancellation: Cancellation = Cancellation(),
    progress: @escaping DiskProgressReceiver = { _ in }
  ) throws {
    self.init(
      try journal.record.parameters(as: Parameters.self), on: connection,
      domainUUID: journal.record.domainUUID, cancellation: cancellation, progress: progress)
  }

  /// Does what an interrupted migration calls for: finishes it once disks have begun to go over, else takes it back.
  ///
  /// - Returns: What was taken back; `nil` where it was finished.
  /// - Throws: ``PlanFailure``, or what the journal cannot be read for.
  public static func recover(
    journal: OperationJournal, connection: Connection
  ) throws -> PlanFailure? {
    try StorageMigration(journal: journal, connection: connection).plan.recover(journal)
  }

  /// The steps: up to the copy all can be taken back; from the first disk that goes over there is only forward.
  public var plan: Plan {
    var steps = [placeholderStep] + snapshot.plan.steps
    steps += parameters.disks.map { disk in
      Step("copy \(disk.target) to '\(disk.layers.first?.destination.path ?? "")' beside the running guest") {
        try self.copy(disk)
      }
    }
    var finishing = parameters.disks.map { disk in
      Step("go on with '\(disk.mirror)' as \(disk.target)", journalling: { try self.goOver(disk, $0) })
    }
    finishing.append(
      Step(
        "forget snapshot '\(parameters.snapshot.snapshot)' and the note of its mirrors", journalling: forget))
    if !parameters.keepsOverlay {
      finishing += parameters.disks.compactMap { disk in
        disk.layers.first.map { top in
          Step(
            "merge '\(disk.mirror)' into '\(top.destination.path)' and remove it",
            journalling: { try self.merge(disk, into: top.destination, $0) })
        }
      }
    }
    if parameters.removesOldStorage == true {
      finishing.append(
        Step(
          "remove what the guest leaves on the old storage",
          journalling: { journal in
            try self.onDomain(journal) { self.removed = try self.settleLeftovers(of: $0, removes: true) }
          }))
    }
    return Plan(steps, finishing: finishing)
  }

  /// The domain; one without a definition that has ended is defined, shut off, with its disks where it left them.
  private func domain(_ journal: OperationJournal?) throws -> Domain {
    if let domain = try connection.existingDomain(uuid: domainUUID) { return domain }
    guard let kept = parameters.definition, let journal else {
      return try connection.domain(uuid: domainUUID)
    }
    let domain = try connection.defineDomain(xml: endedGuest(journal).definition(from: kept))
    hasDefinedGuest = true
    return domain
  }

  /// Does something to the domain, and once more where the guest has died under it.
  private func onDomain(_ journal: OperationJournal?, _ work: (Domain) throws -> Void) throws {
    let found = try domain(journal)
    let wasActive = try found.isActiveIfKnown() ?? true
    do {
      try work(found)
    } catch {
      // libvirt notices a moment later.
      guard wasActive, try connection.existingDomain(uuid: domainUUID)?.isInactiveSoon ?? true else {
        throw error
      }
      try work(domain(journal))
    }
  }

  private func endedGuest(_ journal: OperationJournal) -> EndedGuest {
    EndedGuest(
      parameters: parameters, begun: journal.begun, turn: journal.record.turn, firstPivot: plan.steps.count)
  }

  /// Where the newest data of each disk is when libvirt has forgotten the guest, a sentence a disk.
  ///
  /// - Parameter journal: The move's.
  /// - Returns: The sentences; none where the images cannot be read.
  public func whereabouts(_ journal: OperationJournal) -> [String] {
    ((try? endedGuest(journal).places()) ?? []).map { target, place in
      switch place {
      case .image(let image): "\(target) is whole on '\(image.path)'"
      case .undecided(let one, let other):
        "\(target) is whole on '\(one.path)' or on '\(other.path)', and nothing tells on which"
      }
    }
  }

  /// The files on the old storage that the guest has left, those removed included.
  ///
  /// - Parameters:
  ///   - domain: The domain, moved.
  ///   - removes: Whether those that nobody needs are removed.
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  /// - Returns: The files, uppermost first.
  public func leftovers(of domain: Domain, removes: Bool) throws -> [StorageLeftovers.File] {
    try removed ?? settleLeftovers(of: domain, removes: removes)
  }

  private func settleLeftovers(of domain: Domain, removes: Bool) throws -> [StorageLeftovers.File] {
    let tops = parameters.snapshot.disks.map { DiskChain.Image(path: $0.overlay, format: $0.format) }
    return try StorageLeftovers(on: domain.connection).settle(
      chainsFrom: tops, leftBy: domain, removes: removes)
  }

  // MARK: - The new storage

  private var placeholderStep: Step {
    let places = parameters.disks.flatMap(\.layers).map(\.destination.path)
    let names = places.map { "'\($0)'" }.joined(separator: ", ")
    return Step(
      "make empty images \(names)",
      perform: { for disk in self.parameters.disks { try self.makePlaceholders(of: disk) } },
      undoing: "remove \(names)",
      undo: {
        let made = places.filter { !self.foreignFiles.contains($0) }
        try self.connection.existingDomain(uuid: self.domainUUID)?.requireUnused(made)
        try UnneededFiles.remove(made)
      })
  }

  /// From the bottom, because each names the one below.
  private func makePlaceholders(of disk: Parameters.Disk) throws {
    var below: DiskChain.Image?
    for layer in disk.layers.reversed() {
      let image = layer.destination
      do {
        try QemuImage.make(
          path: image.path, format: ImageFormat(image.format), size: try size(of: layer, in: disk),
          backing: try below.map { ($0.path, try ImageFormat($0.format)) })
      } catch {
        if case DiskIOError.exists = error { foreignFiles.insert(image.path) }
        throw error
      }
      FileOwner.copy(from: layer.source.path, to: image.path)
      below = image
    }
  }

  /// A layer may be smaller than the disk, where that has grown since.
  private func size(of layer: Parameters.Layer, in disk: Parameters.Disk) throws -> UInt64 {
    guard !parameters.flattens else { return disk.size }
    return try QemuImage.information(path: layer.source.path, format: ImageFormat(layer.source.format))
      .virtualSize
  }

  private func copy(_ disk: Parameters.Disk) throws {
    var below: DiskChain.Image?
    for (done, layer) in disk.layers.reversed().enumerated() {
      try cancellation.check()
      tell(disk, layersDone: done)
      try QemuImage.copy(
        from: (layer.source.path, ImageFormat(layer.source.format)),
        onto: (layer.destination.path, ImageFormat(layer.destination.format)),
        above: try below.map { ($0.path, try ImageFormat($0.format)) },
        bytesPerSecond: parameters.bandwidth)
      below = layer.destination
    }
    tell(disk, layersDone: disk.layers.count)
  }

  private func tell(_ disk: Parameters.Disk, layersDone: Int) {
    let layers = UInt64(max(1, disk.layers.count))
    progress([
      DiskProgress(
        target: disk.target, completed: disk.size / layers * UInt64(layersDone),
        total: disk.size / layers * layers)
    ])
  }

  // MARK: - Going over

  private func goOver(_ disk: Parameters.Disk, _ journal: OperationJournal?) throws {
    guard let record = record(of: disk), let below = disk.layers.first?.destination else { return }
    try onDomain(journal) { domain in
      let chain = try self.chain(of: disk, on: domain, among: [record.overlay, disk.mirror, below.path])
      // Already over, and perhaps merged.
      guard chain.top?.path == record.overlay else { return }
      if try domain.isActive() { return try self.goOverLive(disk, record, chain, on: domain, journal) }
      try OfflinePivot(disk: record, mirror: .init(path: disk.mirror, format: "qcow2"), below: below)
        .run(on: domain)
    }
  }

  private func goOverLive(
    _ disk: Parameters.Disk, _ record: MirrorRecord.Disk, _ chain: DiskChain, on domain: Domain,
    _ journal: OperationJournal?
  ) throws {
    if chain.mirror == nil {
      // The guest was off in between: its mirror is begun anew and copies all of the overlay.
      try domain.blockCopy(
        of: disk.target, destinationXML: BlockCopyDestination(.init(path: disk.mirror, format: "qcow2")).xml,
        .init(), [.shallow, .reuseExternal, .transientJob])
    }
    try MirrorWait(
      domain: domain, mirrors: [(disk.target, disk.mirror)], timeoutSeconds: nil,
      cancellation: Cancellation(),
      progress: progress
    ).run()
    try journal?.note(.pending)
    try MirroredSnapshotEnd.pivot(record, to: disk.mirror, on: domain)
    try journal?.note(.taken)
  }

  /// The disk's chain, refused where somebody else has put the disk elsewhere: its newest data would be taken for old.
  private func chain(
    of disk: Parameters.Disk, on domain: Domain, among known: [String]
  ) throws -> DiskChain {
    let chain = try DiskJob.chain(of: disk.target, on: domain)
    guard let chain, let top = chain.top?.path, known.contains(top) else {
      throw MirrorError.movedElsewhere(
        disk: disk.target, found: chain?.top?.path ?? "nothing", expected: known)
    }
    return chain
  }

  private func record(of disk: Parameters.Disk) -> MirrorRecord.Disk? {
    parameters.snapshot.record.disks.first { $0.target == disk.target }
  }

  private func forget(_ journal: OperationJournal?) throws {
    let name = parameters.snapshot.snapshot
    try onDomain(journal) { domain in
      try domain.existingSnapshot(named: name)?.delete(.metadataOnly)
      try MirrorRecords.remove(snapshot: name, from: domain)
    }
  }

  private func merge(
    _ disk: Parameters.Disk, into base: DiskChain.Image, _ journal: OperationJournal?
  ) throws {
    let overlay = DiskChain.Image(path: disk.mirror, format: "qcow2")
    try onDomain(journal) { domain in
      try OverlayMerge(target: disk.target, base: base, overlay: overlay)
        .run(on: domain, noting: { try journal?.note($0) })
    }
    try UnneededFiles.remove([disk.mirror])
  }
}
