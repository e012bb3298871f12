import Glibc
import Libvirt

/// How far each disk of an operation has come.
public struct DiskProgress: Equatable, Sendable {
  /// The disk.
  public var target: String
  /// Bytes done.
  public var completed: UInt64
  /// Bytes in all; may grow while the guest writes.
  public var total: UInt64

  /// Whole percents, rounded down; 100 only at the end.
  public var percent: Int {
    OperationProgress(completed: completed, total: total, zeros: 0).percent
  }

  /// So much of so much.
  public init(target: String, completed: UInt64, total: UInt64) {
    self.target = target
    self.completed = completed
    self.total = total
  }
}

/// Told now and then how far the disks are, on the thread that does the work.
public typealias DiskProgressReceiver = ([DiskProgress]) -> Void

/// Waiting until every mirror holds what its disk holds.
struct MirrorWait {
  private static let interval: useconds_t = 50_000

  let domain: Domain
  /// Targets and the files they are mirrored to.
  let mirrors: [(target: String, path: String)]
  let timeoutSeconds: Int?
  let cancellation: Cancellation
  let progress: DiskProgressReceiver

  /// Returns when all have caught up, which two looks have to agree on: QEMU may have told of a mirror's end, and libvirt not have
  /// taken notice yet.
  ///
  /// - Throws: ``MirrorError`` `.ended` or `.timeout`, `CancelledError`, libvirt's error.
  func run() throws {
    let start = ContinuousClock.now
    var wasReady = false
    while true {
      try cancellation.check()
      let chains = try DiskChain.chains(inDomainXML: domain.xml())
      var isReady = true
      for mirror in mirrors {
        guard let job = chains.first(where: { $0.target == mirror.target })?.mirror, job.job == "copy" else {
          throw MirrorError.ended(disk: mirror.target, path: mirror.path)
        }
        isReady = isReady && job.isReady
      }
      progress(try figures())
      if isReady && wasReady { return }
      wasReady = isReady
      if let timeoutSeconds, start.duration(to: .now) >= .seconds(timeoutSeconds) {
        throw MirrorError.timeout(seconds: timeoutSeconds)
      }
      usleep(Self.interval)
    }
  }

  private func figures() throws -> [DiskProgress] {
    try mirrors.map { mirror in
      let info = try domain.blockJob(on: mirror.target)
      return DiskProgress(target: mirror.target, completed: info?.current ?? 0, total: info?.end ?? 0)
    }
  }
}
