import FoundationEssentials
import Glibc
import NBDServer
import QMP
import SystemPackage
import VMA

/// The disks of a QEMU that no libvirt manages, and its memory if wanted, all of one instant, over its monitor.
///
/// QEMU sends: the memory by a migration, the disks by backup jobs into NBD exports that are served here. With memory
/// the guest stands still from the end of the migration until the jobs have begun.
public final class MonitorBackup {
  /// The journal's name of it.
  public static let operation = "monitor-backup"

  /// What another process must know to take it back.
  struct Parameters: Codable, Equatable {
    /// The monitor's socket, by its absolute path.
    var socket: String
    /// The QEMU at that socket.
    var qemu: GuestMonitor.Identity
    /// The directory of the sockets at which the archive is received; its name begins those of nodes and jobs.
    var directory: String
    /// What is archived.
    var disks: [MonitorDisk]
    /// Whether the guest ran.
    var wasRunning: Bool
    /// What was changed for a migration of the memory; nil where that is not archived.
    var settings: MemoryMigration.Settings?
  }

  private let path: String
  private let withMemory: Bool
  private let request: GuestArchiveRequest

  /// An archive that was made.
  public struct Result: Sendable {
    /// What is known of the guest, as the archive itself tells.
    public let guest: ArchiveManifest.Guest
    /// What was written.
    public let summary: ArchiveSummary
  }

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - path: the Unix socket of QEMU's `-qmp` option, on this host.
  ///   - withMemory: whether the memory is archived too.
  ///   - request: what is archived, and where to; disks are chosen by the names of their nodes, drives or devices.
  public init(_ path: String, withMemory: Bool, _ request: GuestArchiveRequest) {
    self.path = path
    self.withMemory = withMemory
    self.request = request
  }

  /// What would be done, and the guest's name; asks QEMU, touches nothing.
  ///
  /// - Throws: ``MonitorBackupError``, `QMPError`.
  public func plan() throws -> (guest: String, plan: Plan) {
    let work = try conductor(in: "")
    return (work.survey.name, work.plan())
  }

  /// Does it.
  ///
  /// - Throws: ``MonitorBackupError`` and `QMPError` before anything is touched, else ``PlanFailure`` or what the
  ///   archive failed of.
  /// - Returns: what was archived.
  public func run() throws -> Result {
    let parent = request.scratchDirectory ?? "/var/tmp"
    let directory =
      "\(parent)/snapsh-backup-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
    let conductor = try conductor(in: directory)
    // From the journal's first line to its end, which is behind that of the plan.
    let claim = try conductor.journal?.claim()
    defer { withExtendedLifetime(claim) {} }
    try conductor.journal?.begin(step: -1)
    do {
      let result = try archive(conductor, in: directory, parent: parent)
      try conductor.journal?.remove()
      return result
    } catch {
      if !conductor.hasLeftovers { try? conductor.journal?.remove() }
      throw conductor.told(error)
    }
  }

  private func archive(
    _ conductor: MonitorConductor, in directory: String, parent: String
  ) throws -> Result {
    try Self.makeDirectory(directory)
    // The sockets in it go with the reception.
    defer { rmdir(directory) }
    var reception = ArchiveReception.Request()
    let disks = SocketAddress.unix(path: conductor.diskSocket)
    reception.memory = withMemory ? .unix(path: conductor.memorySocket) : nil
    reception.drives = conductor.disks.map { .init(name: $0.archiveName, size: $0.size, address: disks) }
    reception.scratchDirectory = parent
    reception.compression = request.compression
    reception.hidesFailures = true
    let result = try ArchiveReception(
      reception, progress: request.progress, log: nil, cancellation: request.cancellation
    ).run(to: request.destination, from: conductor)
    guard let guest = conductor.guest else { throw MonitorBackupError.noDisks(path: path) }
    return Result(guest: guest, summary: result.archive)
  }

  /// A path that another process finds, wherever it works.
  private static func absolute(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 else {
      throw ArchiveOperationError.file(
        operation: "make the directory", path: path, errno: Errno(rawValue: errno))
    }
  }

  private func conductor(in directory: String) throws -> MonitorConductor {
    // A path by itself tells, and libvirt's own monitor would not answer.
    guard !Self.isLibvirts(path) else { throw MonitorBackupError.managedByLibvirt(path: path) }
    let monitor = try GuestMonitor(path: path)
    let survey = try MonitorSurvey(of: monitor, path: path, withMemory: withMemory)
    let disks = try MonitorDisk.chosen(by: request.selection, blocks: survey.blocks, nodes: survey.nodes)
    guard withMemory || !disks.isEmpty else { throw MonitorBackupError.noDisks(path: path) }
    let parameters = Parameters(
      socket: Self.absolute(path), qemu: monitor.identity, directory: directory, disks: disks,
      wasRunning: survey.isRunning, settings: survey.settings)
    return try MonitorConductor(monitor, survey, parameters, request)
  }

  /// Whether the path is the one at which libvirt makes the monitor of a guest: `…/domain-ID-NAME/monitor.sock`.
  static func isLibvirts(_ path: String) -> Bool {
    let components = FilePath(path).components.map(\.string)
    return components.last == "monitor.sock" && components.dropLast().last?.hasPrefix("domain-") == true
  }
}

/// What a QEMU tells of its guest before anything is done.
struct MonitorSurvey {
  /// The guest's name; that of the socket where it has none.
  let name: String
  /// The guest's UUID; zeros where it has none.
  let uuid: String
  /// Whether it runs.
  let isRunning: Bool
  /// The settings of its migrations; nil where its memory is not wanted.
  let settings: MemoryMigration.Settings?
  /// The answer to `query-block`.
  let blocks: QMPValue
  /// The answer to `query-named-block-nodes`.
  let nodes: QMPValue

  /// - Throws: ``MonitorBackupError``, `QMPError`.
  init(of monitor: GuestMonitor, path: String, withMemory: Bool) throws {
    // libvirt's name for the monitor that it keeps to itself; this one is another of the same QEMU.
    let devices = try monitor.execute("query-chardev").elements
    guard !devices.contains(where: { $0["label"] == "charmonitor" }) else {
      throw MonitorBackupError.managedByLibvirt(path: path)
    }
    let status = try monitor.execute("query-status")
    isRunning = status["running"]?.boolean == true
    if withMemory {
      try MemoryMigration.requirePossible(at: monitor, status: status["status"]?.string ?? "unknown")
    }
    settings = withMemory ? try MemoryMigration.Settings(of: monitor) : nil
    let given = try monitor.execute("query-name")["name"]?.string ?? ""
    name = given.isEmpty ? FilePath(path).stem ?? "guest" : given
    uuid = try monitor.execute("query-uuid")["UUID"]?.string ?? "00000000-0000-0000-0000-000000000000"
    blocks = try monitor.execute("query-block")
    nodes = try monitor.execute("query-named-block-nodes")
  }
}
