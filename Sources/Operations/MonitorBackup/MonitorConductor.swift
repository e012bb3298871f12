import FoundationEssentials
import Glibc
import NBDServer
import QMP
import Synchronization
import SystemPackage
import VMA

/// Has a QEMU send, on a thread of its own, while another one receives; what was begun in the QEMU is taken back on the
/// same thread.
///
/// Everything but ``state`` belongs to that thread once it has been started.
final class MonitorConductor: ArchiveSender, @unchecked Sendable {
  private let monitor: GuestMonitor
  let survey: MonitorSurvey
  private let parameters: MonitorBackup.Parameters
  private let request: GuestArchiveRequest
  private let steps: MonitorSteps
  /// Whoever makes the archive begins and removes it; nil where no journals are kept.
  let journal: OperationJournal?
  private let state = Mutex(State())

  private struct State {
    var thread: ServiceThread?
    var instant: Int64?
    /// Nobody wants the archive any more.
    var isWithdrawn = false
    var hasEnded = false
    var failure: PlanFailure?
  }

  /// The archive is not wanted any more, which is another's failure.
  private struct Withdrawal: Error {}

  /// - Throws: what the journal's parameters cannot be encoded for.
  init(
    _ monitor: GuestMonitor, _ survey: MonitorSurvey, _ parameters: MonitorBackup.Parameters,
    _ request: GuestArchiveRequest
  ) throws {
    self.monitor = monitor
    self.survey = survey
    self.parameters = parameters
    self.request = request
    steps = MonitorSteps(at: monitor, parameters)
    journal = try request.journalDirectory.map { directory in
      try OperationJournal(
        in: directory,
        .init(
          operation: MonitorBackup.operation, uri: "", domainUUID: survey.uuid, domain: survey.name,
          parameters: ArchivingParameters(archive: request.destination.absolutePath, way: parameters)))
    }
    // The archive is complete only after QEMU has done its part.
    journal?.outlivesPlan = true
  }

  var disks: [MonitorDisk] { parameters.disks }
  private var withMemory: Bool { parameters.settings != nil }
  /// Where the memory is awaited.
  var memorySocket: String { "\(parameters.directory)/memory" }
  /// Where the disks are served.
  var diskSocket: String { "\(parameters.directory)/disks" }

  // MARK: - What is done

  /// The steps in the QEMU.
  func plan() -> Plan {
    let jobs = steps.jobs
    var plan: [Step] = []
    if let settings = parameters.settings {
      let migration = steps.migration(settings) { [unowned self] in try requireWanted() }
      plan.append(steps.migrate(migration) { [self] in try migration.run(to: memorySocket) })
    }
    if !disks.isEmpty {
      plan += [
        steps.connect { [self] in try jobs.addNodes(socket: diskSocket) },
        steps.begin { [self] in
          noteInstant()
          try jobs.begin()
        },
      ]
    }
    if withMemory, survey.isRunning {
      plan.append(Step("let the guest go on") { [monitor] in try monitor.execute("cont") })
    }
    if !disks.isEmpty {
      plan += [
        Step("write the archive '\(request.destination.name)'") { [self] in
          try jobs.wait(check: requireWanted)
        },
        Step("end the backup of \(steps.names), and take QEMU's connections away") {
          try jobs.end()
          try jobs.removeNodes()
        },
      ]
    }
    return Plan(plan)
  }

  /// With memory the disks have stood still since the migration's end, a moment ago.
  private func noteInstant() {
    let now = Int64(time(nil))
    state.withLock { $0.instant = now }
  }

  private func requireWanted() throws {
    try request.cancellation.check()
    if state.withLock({ $0.isWithdrawn }) { throw Withdrawal() }
  }

  private func conduct() {
    var failure: PlanFailure?
    do throws(PlanFailure) { try plan().run(journal: journal, cancellation: request.cancellation) } catch {
      failure = error
    }
    state.withLock {
      $0.failure = failure
      $0.hasEnded = true
    }
  }

  // MARK: - What the reception asks for

  var guest: ArchiveManifest.Guest? {
    let instant = state.withLock { $0.instant } ?? Int64(time(nil))
    return ArchiveManifest.Guest(
      name: survey.name, uuid: survey.uuid, mode: withMemory ? .memory : .disks,
      consistency: withMemory ? .memory : .crash,
      instant: Date(timeIntervalSince1970: TimeInterval(instant)).formatted(.iso8601),
      instantSeconds: instant, wasRunning: survey.isRunning)
  }

  func begin() throws {
    try admitQEMU()
    let thread = try ServiceThread { [self] in conduct() }
    state.withLock { $0.thread = thread }
  }

  func check() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  func confirm() throws {
    join()
    if withMemory, disks.isEmpty { noteInstant() }
    try check()
  }

  func withdraw() {
    state.withLock { $0.isWithdrawn = true }
    join()
  }

  private func join() {
    let thread = state.withLock { state in
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
  }

  /// Whether something that was begun in QEMU could not be taken back.
  var hasLeftovers: Bool { state.withLock { $0.failure?.notUndone.isEmpty == false } }

  /// The archive's failure, in which QEMU's part stands if it matters.
  func told(_ error: any Error) -> any Error {
    Self.told(error, after: state.withLock { $0.failure })
  }

  /// What is told of an archive that failed, and of what failed in the QEMU.
  static func told(_ error: any Error, after failure: PlanFailure?) -> any Error {
    guard let failure else { return error }
    guard failure.notUndone.isEmpty else {
      let cause = failure.cause is Withdrawal ? error : failure.cause ?? error
      return MonitorBackupError.leftBehind(
        cause: "\(cause)", remainders: failure.notUndone.map { "could not \($0.undo): \($0.cause)" })
    }
    // Nothing that is received can end the monitor's connection: what was missed there came of that.
    return failure.cause.map(isLostConnection) == true && !(error is CancelledError) ? failure : error
  }

  private static func isLostConnection(_ error: any Error) -> Bool {
    switch error as? QMPError {
    case .gone, .system: true
    default: false
    }
  }

  /// Lets QEMU's account reach the sockets, where it is another than this process's.
  private func admitQEMU() throws {
    guard let process = monitor.process else { return }
    var status = stat()
    guard stat("/proc/\(process)", &status) == 0, status.st_uid != geteuid() else { return }
    for path in [parameters.directory] + (withMemory ? [memorySocket] : [])
      + (disks.isEmpty ? [] : [diskSocket])
    {
      guard chown(path, status.st_uid, status.st_gid) == 0 else {
        throw ArchiveOperationError.file(
          operation: "give QEMU's account", path: path, errno: Errno(rawValue: errno))
      }
    }
  }
}
