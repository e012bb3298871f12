import DiskIO
import Glibc
import Libvirt
import XMLTree

/// Disks and memory of one instant while the guest runs on: an external snapshot with memory, the frozen layers
/// archived, the overlays committed back.
///
/// The guest writes to overlays meanwhile; no snapshot of libvirt's is left, and the guest ends on the images that it
/// began on.
public final class MemoryBackup {
  /// The journal's name of it.
  public static let operation = "memory-backup"

  /// How the memory is taken.
  public enum Pace: Sendable {
    /// While the guest runs; it pauses for the rest only (`VIR_DOMAIN_SNAPSHOT_CREATE_LIVE`).
    case live
    /// While the guest is paused; the memory is as small as it can be.
    case paused
  }

  private let domain: Domain
  private let request: GuestArchiveRequest
  private let pace: Pace
  private let saveProgress: (JobInfo) -> Void
  private var instant: Int64 = 0
  private var result: GuestArchiveResult?

  /// Prepares the work; nothing is touched.
  ///
  /// - Parameters:
  ///   - domain: a running guest of the QEMU driver on this host.
  ///   - request: what is archived, and where to.
  ///   - pace: how the memory is taken.
  ///   - saveProgress: told about the saving of the memory.
  public init(
    _ domain: Domain, _ request: GuestArchiveRequest, pace: Pace,
    saveProgress: @escaping (JobInfo) -> Void = { _ in }
  ) {
    self.domain = domain
    self.request = request
    self.pace = pace
    self.saveProgress = saveProgress
  }

  /// What would be done; asks the guest, touches nothing.
  ///
  /// - Throws: ``GuestArchiveError`` for what cannot be archived this way, `LibvirtError`.
  public func plan() throws -> Plan { try plan(overlays()) }

  /// Does it.
  ///
  /// - Throws: ``GuestArchiveError`` before anything is touched, else ``PlanFailure``.
  /// - Returns: what was archived.
  public func run() throws -> GuestArchiveResult {
    let overlays = try overlays()
    let plan = try plan(overlays)
    let journal = try request.journal(Self.operation, of: domain, overlays)
    try plan.run(journal: journal, cancellation: request.cancellation, announce: request.announce)
    guard let result else { throw GuestArchiveError.notRunning(domain: domain.name) }
    return result
  }

  /// The steps that another process can take back.
  static func interrupted(_ overlays: TemporaryOverlays, on domain: Domain?) -> Plan {
    Plan([snapshot(domain, overlays) {}])
  }

  private func overlays() throws -> TemporaryOverlays {
    let driver = try domain.connection.driver()
    guard driver == "QEMU" else { throw GuestArchiveError.driverWithoutMemory(driver: driver) }
    try request.requireLocal(domain)
    guard try domain.isActive() else { throw GuestArchiveError.notRunning(domain: domain.name) }
    // After its migration into a file QEMU writes to no image before the guest runs: nothing could be committed.
    guard try domain.state().state != .paused else { throw GuestArchiveError.paused(domain: domain.name) }
    let all = try GuestDisk.disks(inDomainXML: domain.xml())
    let disks = try request.selection.of(all, domain: domain.name)
    if let remote = disks.first(where: { !$0.isLocal }) {
      throw GuestArchiveError.diskNotLocal(target: remote.target, type: remote.type)
    }
    return try TemporaryOverlays(
      of: disks, leaving: all.filter { !disks.contains($0) }.map(\.target), of: domain.name,
      scratchDirectory: request.scratchDirectory)
  }

  private func plan(_ overlays: TemporaryOverlays) throws -> Plan {
    Plan([
      Self.snapshot(domain, overlays) { [self] in try takeSnapshot(overlays) },
      Step("write the archive '\(request.destination.name)'") { [self] in
        let writing = GuestArchiveWriting(
          domain: domain, mode: pace == .live ? .memory : .cold, consistency: .memory, instant: instant,
          wasRunning: true)
        result = try writing.write(
          overlays.layers.map { ($0.frozen, try $0.frozen.openImages()) }, savedMemory: overlays.memoryPath,
          request)
      },
      Step("commit the overlays back into the disks and remove them") { [domain] in
        try overlays.takeAway(from: domain)
      },
    ])
  }

  private static func snapshot(
    _ domain: Domain?, _ overlays: TemporaryOverlays, perform: @escaping () throws -> Void
  ) -> Step {
    Step(
      "take the memory and put overlays on "
        + overlays.layers.map(\.frozen.target).joined(separator: ", "), perform: perform,
      undoing: "commit the overlays back into the disks and remove them"
    ) { try overlays.takeAway(from: domain) }
  }

  private func takeSnapshot(_ overlays: TemporaryOverlays) throws {
    let xml = overlays.snapshotXML
    var flags: SnapshotCreateFlags = [.noMetadata, .atomic]
    if pace == .live { flags.insert(.live) }
    let chosen = flags
    instant = Int64(time(nil))
    try BlockingDomainCall(on: domain) { (domain) throws(LibvirtError) in
      _ = try domain.createSnapshot(xml: xml, chosen)
    }.run(cancellation: request.cancellation, progress: saveProgress)
    // A memory taken while the guest runs shows it as it was at the end.
    instant = Int64(time(nil))
  }
}
