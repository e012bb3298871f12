import Glibc
import Libvirt
import Synchronization

/// Waiting for a job on a disk to end, or to catch up where it is a mirror.
///
/// Made before the job is started, so that no event is missed. libvirt's events say how the job ends; the job's own
/// figures are asked for besides, for the progress, and for drivers and jobs of which no event comes.
public final class BlockJobWait {
  /// How the wait ended.
  public enum Outcome: Equatable, Sendable {
    /// The job is done.
    case completed
    /// The mirror has caught up and goes on.
    case ready
    /// The job was cancelled: by whoever waited, for whatever reason, or by somebody else.
    case aborted(Reason)
    /// The hypervisor gave it up.
    case failed
  }

  /// Why a job was cancelled.
  public enum Reason: Equatable, Sendable {
    /// It took longer than was allowed.
    case timeout
    /// Ctrl-C, or another signal.
    case interruption
    /// Somebody else did it.
    case other
  }

  /// What makes this side give up, and how.
  public struct Limits {
    /// How long the job may take.
    public var timeout: Duration?
    /// Cancelled by a signal.
    public var cancellation: Cancellation
    /// Ask for the end without waiting for it.
    public var abortsWithoutWaiting: Bool

    /// Puts the three together.
    public init(timeout: Duration?, cancellation: Cancellation, abortsWithoutWaiting: Bool = false) {
      self.timeout = timeout
      self.cancellation = cancellation
      self.abortsWithoutWaiting = abortsWithoutWaiting
    }
  }

  private static let tick: useconds_t = 20_000
  private static let ticksPerQuery = 25
  /// How long an event may lag behind the job's disappearance: 2 seconds.
  private static let ticksForLateEvent = 100

  private let domain: Domain
  private let disk: String
  private let news = BlockJobNews()
  private var subscriptions: [DomainEventSubscription] = []

  /// - Parameters:
  ///   - domain: A running domain.
  ///   - disk: The disk's target or source, as the job is started with.
  public init(on domain: Domain, disk: String) {
    self.domain = domain
    self.disk = disk
    // The older event names the disk by its source, the newer one by its target. Without events the figures must do.
    let names = Self.names(of: disk, in: domain)
    for kind in [DomainEvent.Kind.blockJob, .blockJob2] {
      let subscription = try? domain.connection.subscribe(to: kind, of: domain) { [news] event in
        guard case .blockJob(let which, let type, let status) = event.details else { return }
        // Other disks have jobs of their own, and a backup that was ended before may tell of that only now.
        guard names.isEmpty || names.contains(which), type != BlockJobInfo.Kind.backup.rawValue else {
          return
        }
        news.receive(status)
      }
      if let subscription { subscriptions.append(subscription) }
    }
  }

  /// What events may call the disk: its target and its source; empty where that cannot be told.
  private static func names(of disk: String, in domain: Domain) -> Set<String> {
    let disks = (try? DomainDisk.disks(inDomainXML: domain.xml())) ?? []
    guard let found = disks.first(where: { $0.target == disk || $0.source == disk }) else { return [] }
    return Set([found.target, found.source].compactMap { $0 })
  }

  /// Waits, on the calling thread.
  ///
  /// - Parameters:
  ///   - limits: What makes this side give up; the job is then cancelled.
  ///   - progress: Called twice a second while the job runs.
  /// - Throws: libvirt's error when the job can neither be asked about nor cancelled.
  /// - Returns: How it really ended: a job that is done before it can be cancelled is done.
  public func run(
    _ limits: Limits, progress: (BlockJobInfo) -> Void
  ) throws(LibvirtError) -> Outcome {
    let started = ContinuousClock.now
    var reason = Reason.other
    var ticksWithoutJob = 0
    var ticks = 0
    while true {
      if reason == .other, let cause = cause(of: limits, since: started) {
        reason = cause
        try abort(withoutWaiting: limits.abortsWithoutWaiting)
        if limits.abortsWithoutWaiting { return .aborted(reason) }
      }
      if let status = news.latest {
        switch status {
        case .ready where reason != .other: break
        case .ready: return .ready
        case .completed: return .completed
        case .canceled: return .aborted(reason)
        case .failed: return .failed
        }
      }
      if ticks % Self.ticksPerQuery == 0 || ticksWithoutJob > 0 {
        if let info = try domain.blockJob(on: disk) {
          progress(info)
          if subscriptions.isEmpty && info.hasCaughtUp && reason == .other { return .ready }
        } else {
          ticksWithoutJob += 1
          if subscriptions.isEmpty || ticksWithoutJob > Self.ticksForLateEvent {
            return reason == .other ? .completed : .aborted(reason)
          }
        }
      }
      ticks += 1
      usleep(Self.tick)
    }
  }

  private func cause(of limits: Limits, since start: ContinuousClock.Instant) -> Reason? {
    if limits.cancellation.isCancelled { return .interruption }
    if let timeout = limits.timeout, start.duration(to: .now) >= timeout { return .timeout }
    return nil
  }

  /// Cancels the job; one that has ended meanwhile needs no cancelling.
  private func abort(withoutWaiting: Bool) throws(LibvirtError) {
    do {
      try domain.abortBlockJob(on: disk, withoutWaiting ? .async : [])
    } catch {
      guard try domain.blockJob(on: disk) == nil else { throw error }
    }
  }
}

/// What libvirt's thread has told last.
private final class BlockJobNews: Sendable {
  private let status = Mutex<BlockJobStatus?>(nil)

  func receive(_ number: Int32) {
    status.withLock { $0 = BlockJobStatus(rawValue: number) ?? $0 }
  }

  var latest: BlockJobStatus? { status.withLock { $0 } }
}

extension BlockJobInfo {
  /// Whether a mirror has caught up, as far as figures tell.
  fileprivate var hasCaughtUp: Bool {
    (kind == .copy || kind == .activeCommit) && end > 0 && current == end
  }
}
