import DiskIO
import Glibc
import Libvirt

/// The end of a mirrored snapshot: on the second storage, or back on the first.
///
/// Each end goes only forward and works from what it finds, so that it is begun again after a crash by the same command.
public final class MirroredSnapshotEnd {
  /// Which end.
  public enum Choice: Equatable, Sendable {
    /// The guest goes on from the second storage; the snapshot is forgotten.
    case pivot
    /// The guest stays on the first storage, on the overlay; the snapshot stays as an ordinary external one.
    case abort
    /// The guest stays on the first storage, the overlay is merged into the image below; the snapshot is forgotten.
    case abortAndCommit
  }

  private let record: MirrorRecord
  private let choice: Choice
  private let domain: Domain
  private let removesLeftovers: Bool
  private let timeoutSeconds: Int?
  private let cancellation: Cancellation
  private let progress: DiskProgressReceiver
  /// What the step that removes it has found; `nil` before it.
  private var removed: [StorageLeftovers.File]?

  /// - Parameters:
  ///   - record: The snapshot's record.
  ///   - choice: Which end.
  ///   - domain: The domain.
  ///   - removesLeftovers: Whether what the guest leaves on the other storage goes, where nobody else needs it.
  ///   - timeoutSeconds: How long a mirror that still catches up is waited for.
  ///   - cancellation: Asked while waiting.
  ///   - progress: Told while waiting.
  public init(
    _ record: MirrorRecord, choice: Choice, on domain: Domain, removesLeftovers: Bool = false,
    timeoutSeconds: Int? = nil, cancellation: Cancellation,
    progress: @escaping DiskProgressReceiver = { _ in }
  ) {
    self.record = record
    self.choice = choice
    self.domain = domain
    self.removesLeftovers = removesLeftovers
    self.timeoutSeconds = timeoutSeconds
    self.cancellation = cancellation
    self.progress = progress
  }

  /// Refuses an end that cannot be had, before anything is touched.
  ///
  /// - Throws: ``MirrorError``, libvirt's error.
  public func check() throws {
    let states = try MirrorState.all(of: record, on: domain)
    for (disk, _, state) in states { try refuseElsewhere(disk, state) }
    let commit = "'snapshot-delete \(domain.name) \(record.snapshot) --abort-mirror --commit'"
    if choice != .abortAndCommit, let first = states.first(where: { $0.state == .merged }) {
      throw MirrorError.refused(
        "the overlay of disk '\(first.disk.target)' has been merged back already: finish with \(commit)")
    }
    let pivoted = states.filter { $0.state == .pivoted }.map(\.disk.target)
    let broken = states.filter { $0.state == .broken }.map(\.disk.target)
    // With the guest off, what the second storage lacks can be copied.
    if choice == .pivot, let first = broken.first, try domain.isActive() {
      throw MirrorError.refused(
        "the mirror of disk '\(first)' is broken, so that the second storage lacks what the guest wrote since: stay "
          + "on the first storage with --abort-mirror, or shut the guest off and do this again"
          + (pivoted.isEmpty
            ? "" : " (\(pivoted.joined(separator: ", ")) went over to the second one before)"))
    }
    if choice == .abortAndCommit, let first = pivoted.first {
      throw MirrorError.refused(
        "disk '\(first)' has gone over to the second storage already, and its overlay on the first one is no longer "
          + "current: finish with 'snapshot-delete \(domain.name) \(record.snapshot)'")
    }
    if choice != .abort {
      let merged = choice == .abortAndCommit ? record.disks : record.disks.filter { $0.mirror == nil }
      for disk in merged { try disk.merge.check(on: domain) }
    }
    if choice != .abort, let snapshot = try domain.existingSnapshot(named: record.snapshot),
      let child = try snapshot.children().first
    {
      throw MirrorError.refused(
        "snapshot '\(child.name)' was taken on top of '\(record.snapshot)': delete it first")
    }
  }

  /// What the guest writes may be in the overlay alone, and with the snapshot forgotten that would be taken for a leftover.
  private func refuseElsewhere(_ disk: MirrorRecord.Disk, _ state: MirrorState) throws(MirrorError) {
    guard case .elsewhere(let path) = state else { return }
    throw .elsewhere(disk: disk.target, found: path, snapshot: record.snapshot)
  }

  /// The steps; none has an undo.
  public var plan: Plan {
    var steps: [Step] = []
    switch choice {
    case .pivot:
      steps.append(Step("wait until every mirror has caught up", perform: waitUntilReady))
      steps += record.mirrors.map { disk, path in
        Step("go on with '\(path)' as \(disk.target)") { try self.goOver(disk, to: path) }
      }
      steps += record.disks.filter { $0.mirror == nil }.map(mergeStep)
    case .abort, .abortAndCommit:
      if choice == .abortAndCommit {
        steps.append(
          Step("note in the domain's metadata that the overlays are merged back", perform: noteMerging))
      }
      steps += record.mirrors.map { disk, _ in
        Step("end the mirror of \(disk.target) and stay on '\(disk.overlay)'") {
          try self.endMirror(of: disk)
        }
      }
      if choice == .abortAndCommit { steps += record.disks.map(mergeStep) }
    }
    if choice != .abort {
      steps.append(Step("forget snapshot '\(record.snapshot)'", perform: forgetSnapshot))
    }
    // The note goes last: with it whoever is asked to end the snapshot again knows what is left to do.
    if removesLeftovers {
      steps.append(
        Step("remove what the guest leaves on the \(choice == .pivot ? "first" : "second") storage") {
          self.removed = try self.settleLeftovers(removes: true)
        })
    }
    steps.append(
      Step("remove the note from the domain's metadata") {
        try MirrorRecords.remove(snapshot: self.record.snapshot, from: self.domain)
      })
    return Plan(steps)
  }

  /// The files on the other storage that the guest has left, those removed included.
  ///
  /// - Throws: libvirt's error, `XMLError`, `DiskIOError`.
  public func leftovers() throws -> [StorageLeftovers.File] { try removed ?? settleLeftovers(removes: false) }

  private func settleLeftovers(removes: Bool) throws -> [StorageLeftovers.File] {
    let tops = record.mirrors.map { disk, path in
      DiskChain.Image(path: choice == .pivot ? disk.overlay : path, format: disk.format)
    }
    return try StorageLeftovers(on: domain.connection).settle(
      chainsFrom: tops, leftBy: domain, removes: removes)
  }

  private func noteMerging() throws {
    var noted = record
    noted.isBeingMerged = true
    try MirrorRecords.write(noted, to: domain)
  }

  private func waitUntilReady() throws {
    guard try domain.isActive() else { return }
    let waiting = try MirrorState.all(of: record, on: domain).filter { $0.state != .pivoted }
    guard !waiting.isEmpty else { return }
    do {
      try MirrorWait(
        domain: domain, mirrors: waiting.map { ($0.disk.target, $0.path) }, timeoutSeconds: timeoutSeconds,
        cancellation: cancellation, progress: progress
      ).run()
    } catch {
      // A guest that is off needs no waiting for: what it wrote last is copied.
      guard !(error is CancelledError), domain.isInactiveSoon else { throw error }
    }
  }

  private func goOver(_ disk: MirrorRecord.Disk, to path: String) throws {
    do {
      if try domain.isActive() { return try Self.pivot(disk, to: path, on: domain) }
    } catch {
      // The guest may have died under the call, which libvirt notices a moment later.
      guard domain.isInactiveSoon else { throw error }
    }
    let state = try MirrorState(of: disk, on: domain)
    try refuseElsewhere(disk, state)
    if state != .pivoted { try OfflinePivot(of: disk, to: path).run(on: domain) }
  }

  /// What counts is where the guest is afterwards, not what the call said: the job may end by itself under it.
  static func pivot(_ disk: MirrorRecord.Disk, to path: String, on domain: Domain) throws {
    guard try MirrorState(of: disk, on: domain) != .pivoted else { return }
    // A pivot to a mirror that has just ended fails, and leaves libvirt 9.0 with the images below the mirror open, so that the
    // overlay could not be merged any more: time for it to take notice.
    usleep(50_000)
    guard try MirrorState(of: disk, on: domain).isRunning else {
      throw MirrorError.ended(disk: disk.target, path: path)
    }
    do {
      try domain.abortBlockJob(on: disk.target, .pivot)
    } catch {
      guard try settledState(of: disk, on: domain) == .pivoted else { throw error }
    }
    guard try settledState(of: disk, on: domain) == .pivoted else {
      throw MirrorError.ended(disk: disk.target, path: path)
    }
  }

  private func endMirror(of disk: MirrorRecord.Disk) throws {
    do {
      try DiskJob.abort(on: domain, disk: disk.target)
    } catch {
      // A domain that is off has no job to be asked for; a disk that was merged before is on neither overlay.
      guard try domain.isActive() else { return }
      let state = try Self.settledState(of: disk, on: domain)
      guard state == .broken || state == .pivoted else { throw error }
    }
  }

  /// The state once no job is left, within 5 seconds of the call that ended it.
  private static func settledState(of disk: MirrorRecord.Disk, on domain: Domain) throws -> MirrorState {
    var state = try MirrorState(of: disk, on: domain)
    for _ in 0..<100 {
      switch state {
      case .ready, .catchingUp: break
      case .pivoted, .broken, .merged, .elsewhere: return state
      }
      usleep(50_000)
      state = try MirrorState(of: disk, on: domain)
    }
    return state
  }

  private func mergeStep(_ disk: MirrorRecord.Disk) -> Step {
    Step("merge '\(disk.overlay)' into '\(disk.base.path)' and remove it") {
      try disk.merge.run(on: self.domain)
      try UnneededFiles.remove([disk.overlay])
    }
  }

  private func forgetSnapshot() throws {
    guard let snapshot = try domain.existingSnapshot(named: record.snapshot) else { return }
    // Without its disks the guest's memory of that time is of no use to anybody.
    if let memory = try SnapshotFiles(of: snapshot).memoryFile {
      try UnneededFiles.remove([memory])
    }
    try snapshot.delete(.metadataOnly)
  }
}
