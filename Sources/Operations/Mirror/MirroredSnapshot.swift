import DiskIO
import Glibc
import Libvirt

/// An external snapshot whose overlays are mirrored to a second storage.
///
/// libvirt has no such thing. It is put together from what libvirt has: the snapshot, and for each mirrored disk a
/// shallow block copy of the new overlay that never ends by itself. All or nothing: see ``plan``.
public final class MirroredSnapshot {
  /// The name of the operation in its journal.
  public static let operation = "mirror-create"

  /// What the operation works from; kept in its journal.
  public struct Parameters: Codable, Equatable, Sendable {
    /// One disk that gets an overlay.
    public struct Disk: Codable, Equatable, Sendable {
      /// The guest's name for it.
      public var target: String
      /// What the disk is before: the image below the overlay.
      public var base: DiskChain.Image
      /// The overlay's path.
      public var overlay: String
      /// The mirror's path; `nil` for a disk that only gets an overlay.
      public var mirror: String?
      /// What the mirror is made on; `nil` for the base itself.
      public var mirrorBacking: DiskChain.Image?
      /// The format of both.
      public var format: String
      /// Whether overlay and mirror were there before, and so are never removed.
      public var reusesFiles: Bool

      var merge: OverlayMerge {
        OverlayMerge(target: target, base: base, overlay: .init(path: overlay, format: format))
      }
    }

    /// The snapshot's name.
    public var snapshot: String
    /// The document for libvirt, without mirrors.
    public var xml: String
    /// The flags for libvirt (`SnapshotCreateFlags`).
    public var flags: UInt32
    /// The file of the guest's memory, which did not exist before; `nil` for none.
    public var memoryFile: String?
    /// Bytes/s that each mirror may move while it catches up; `nil` for no limit.
    public var bandwidth: UInt64?
    /// The disks that get an overlay.
    public var disks: [Disk]

    /// Those that are mirrored.
    public var mirroredDisks: [Disk] { disks.filter { $0.mirror != nil } }

    var record: MirrorRecord {
      MirrorRecord(
        snapshot: snapshot,
        disks: disks.map { disk in
          .init(
            target: disk.target, base: disk.base, overlay: disk.overlay, mirror: disk.mirror,
            format: disk.format)
        })
    }
  }

  /// How the end of the catching up is waited for.
  public struct Patience {
    /// Whether to wait at all; a mirror that fails later is then not taken back but shown as broken.
    public var waits: Bool
    /// Seconds after which everything is taken back; `nil` for no limit.
    public var timeoutSeconds: Int?

    /// Both.
    public init(waits: Bool = true, timeoutSeconds: Int? = nil) {
      self.waits = waits
      self.timeoutSeconds = timeoutSeconds
    }
  }

  private let parameters: Parameters
  private let connection: Connection
  private let domainUUID: String
  private let patience: Patience
  private let cancellation: Cancellation
  private let progress: DiskProgressReceiver
  /// Mirrors whose names somebody else had taken when we came: not ours to remove.
  private var foreignFiles: Set<String> = []
  /// Whether this process has found that the snapshot cannot be taken before it asked for it.
  private var isRefused = false

  /// - Parameters:
  ///   - parameters: From ``MirroredSnapshotRequest``, or from a journal.
  ///   - connection: The domain's.
  ///   - domainUUID: The domain.
  ///   - patience: How the end is waited for.
  ///   - cancellation: Asked while waiting.
  ///   - progress: Told while the mirrors catch up.
  public init(
    _ parameters: Parameters, on connection: Connection, domainUUID: String, patience: Patience = .init(),
    cancellation: Cancellation, progress: @escaping DiskProgressReceiver = { _ in }
  ) {
    self.parameters = parameters
    self.connection = connection
    self.domainUUID = domainUUID
    self.patience = patience
    self.cancellation = cancellation
    self.progress = progress
  }

  /// Takes back what a process that is gone began of a mirrored snapshot.
  ///
  /// - Parameters:
  ///   - journal: That operation's; removed when all is taken back.
  ///   - connection: The domain's.
  /// - Throws: What the journal cannot be read for.
  /// - Returns: What was undone, and what could not be.
  public static func rollBack(
    journal: OperationJournal, connection: Connection
  ) throws -> PlanFailure {
    let parameters = try journal.record.parameters(as: Parameters.self)
    let operation = MirroredSnapshot(
      parameters, on: connection, domainUUID: journal.record.domainUUID, cancellation: Cancellation())
    return operation.plan.rollBack(journal)
  }

  /// The steps: mirror files, snapshot, mirrors, a note in the domain's metadata, and catching up.
  public var plan: Plan {
    var steps: [Step] = []
    let made = parameters.mirroredDisks.filter { !$0.reusesFiles }
    if !made.isEmpty { steps.append(mirrorFilesStep(made)) }
    steps.append(snapshotStep)
    steps += parameters.mirroredDisks.map(mirrorStep)
    steps.append(recordStep)
    if patience.waits { steps.append(Step("wait until every mirror has caught up", perform: waitUntilReady)) }
    return Plan(steps)
  }

  /// The domain as it is now; `nil` for a transient one that has ended.
  private func domain() throws(LibvirtError) -> Domain? { try connection.existingDomain(uuid: domainUUID) }

  private func runningDomain() throws -> Domain { try connection.domain(uuid: domainUUID) }

  // MARK: - The second storage

  private func mirrorFilesStep(_ disks: [Parameters.Disk]) -> Step {
    let names = disks.compactMap(\.mirror).map { "'\($0)'" }.joined(separator: ", ")
    return Step(
      "make \(names)",
      perform: { for disk in disks { try self.makeMirrorFile(of: disk) } },
      undoing: "remove \(names)",
      undo: {
        let mirrors = disks.compactMap(\.mirror).filter { !self.foreignFiles.contains($0) }
        try self.domain()?.requireUnused(mirrors)
        try UnneededFiles.remove(mirrors)
      })
  }

  private func makeMirrorFile(of disk: Parameters.Disk) throws {
    guard let mirror = disk.mirror else { return }
    let backing = disk.mirrorBacking ?? disk.base
    do {
      try QemuImage.make(
        path: mirror, format: ImageFormat(disk.format), size: nil,
        backing: (backing.path, ImageFormat(backing.format)))
    } catch {
      if case DiskIOError.exists = error { foreignFiles.insert(mirror) }
      throw error
    }
    FileOwner.copy(from: disk.base.path, to: mirror)
  }

  // MARK: - The snapshot

  private var snapshotStep: Step {
    let targets = parameters.disks.map(\.target).joined(separator: ", ")
    return Step(
      "take external snapshot '\(parameters.snapshot)' of \(targets)",
      perform: takeSnapshot,
      undoing: "merge the overlays of \(targets) back and forget snapshot '\(parameters.snapshot)'",
      undo: takeSnapshotBack)
  }

  private func takeSnapshot() throws {
    isRefused = true
    let overlays = parameters.disks.filter { !$0.reusesFiles }.map(\.overlay)
    for path in overlays + [parameters.memoryFile].compactMap({ $0 }) where StorageCheck.exists(path) {
      throw DiskIOError.exists(path: path)
    }
    let flags = SnapshotCreateFlags(rawValue: parameters.flags)
    let xml = parameters.xml
    try onGuest { domain in
      // Of a guest that is off libvirt would take one, with nothing to be mirrored.
      guard try domain.isActive() else { throw MirrorError.guestEnded(domain: domain.name) }
      try self.requireBases(of: domain)
      self.isRefused = false
      _ = try BlockingDomainCall.value(on: domain, cancellation: self.cancellation) {
        (domain) throws(LibvirtError) in
        try domain.createSnapshot(xml: xml, flags)
      }
    }
  }

  /// What was planned may be long ago, and a mirror that stands on an older image would leave out what lies above it.
  private func requireBases(of domain: Domain) throws {
    for disk in parameters.disks {
      let found = try DiskJob.chain(of: disk.target, on: domain)?.top?.path
      guard found == disk.base.path else {
        throw MirrorError.notOnBase(
          disk: disk.target, found: found ?? "nothing", expected: disk.base.path)
      }
    }
  }

  private func takeSnapshotBack() throws {
    // What has the names that were meant for it is somebody else's.
    guard !isRefused else { return }
    let found = try domain()
    for disk in parameters.disks {
      try disk.merge.run(on: found)
      if !disk.reusesFiles { try UnneededFiles.remove([disk.overlay]) }
    }
    if let memory = parameters.memoryFile { try UnneededFiles.remove([memory]) }
    if let found { try forgetSnapshot(of: found) }
  }

  private func forgetSnapshot(of domain: Domain) throws {
    try domain.existingSnapshot(named: parameters.snapshot)?.delete(.metadataOnly)
  }

  // MARK: - The mirrors

  private func mirrorStep(_ disk: Parameters.Disk) -> Step {
    let mirror = disk.mirror ?? ""
    return Step(
      "mirror \(disk.target) to '\(mirror)'",
      perform: { try self.startMirror(of: disk) },
      undoing: "end the mirror of \(disk.target)",
      undo: {
        guard let domain = try self.domain() else { return }
        do {
          guard try domain.isActive() else { return }
          let job = try DiskJob.chain(of: disk.target, on: domain)?.mirror
          if job?.images.first?.path == mirror { try DiskJob.abort(on: domain, disk: disk.target) }
        } catch {
          guard domain.isInactiveSoon else { throw error }
        }
      })
  }

  private func startMirror(of disk: Parameters.Disk) throws {
    guard let mirror = disk.mirror else { return }
    let destination = BlockCopyDestination(.init(path: mirror, format: disk.format))
    try onGuest { domain in
      try domain.blockCopy(
        of: disk.target, destinationXML: destination.xml, .init(bandwidth: self.parameters.bandwidth),
        [.shallow, .reuseExternal, .transientJob])
    }
  }

  /// Does something to the running guest; where that has ended, nothing else need be told than this.
  private func onGuest(_ work: (Domain) throws -> Void) throws {
    let domain = try runningDomain()
    do {
      try work(domain)
    } catch {
      guard !(error is CancelledError), domain.isInactive(within: 20) else { throw error }
      throw MirrorError.guestEnded(domain: domain.name)
    }
  }

  private var recordStep: Step {
    Step(
      "note in the domain's metadata what is mirrored",
      perform: { try self.onGuest { try MirrorRecords.write(self.parameters.record, to: $0) } },
      undoing: "remove the note from the domain's metadata",
      undo: {
        guard let domain = try self.domain() else { return }
        try MirrorRecords.remove(snapshot: self.parameters.snapshot, from: domain)
      })
  }

  private func waitUntilReady() throws {
    try onGuest { domain in
      try MirrorWait(
        domain: domain, mirrors: self.parameters.mirroredDisks.map { ($0.target, $0.mirror ?? "") },
        timeoutSeconds: self.patience.timeoutSeconds, cancellation: self.cancellation, progress: self.progress
      ).run()
    }
  }
}
