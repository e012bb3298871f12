import Libvirt
import Operations

/// What `snapshot-create` and `snapshot-create-as` do with a request that names a mirror.
struct MirroredSnapshotCreation {
  let domain: Domain
  let options: MirrorOptions

  /// Takes the snapshot, or says what would be done.
  ///
  /// - Parameters:
  ///   - xml: The request.
  ///   - flags: As libvirt takes them.
  ///   - source: The document's file, where there was one.
  ///   - session: The session.
  /// - Throws: `MirrorError` before anything is touched, `PlanFailure` after all was taken back.
  /// - Returns: The snapshot, or the steps of a dry run.
  func run(
    xml: String, _ flags: SnapshotCreateFlags, source: String?, in session: Session
  ) throws -> any CommandResult {
    try session.requireNoUnfinishedOperation(on: domain)
    try session.waitForOtherJob(of: domain)
    let request = try MirroredSnapshotRequest(
      xml: xml, flags, on: domain, bandwidth: options.bandwidth)
    let printer = session.diskProgress(label: "Mirror", job: "mirror")
    let operation = MirroredSnapshot(
      request.parameters, on: domain.connection, domainUUID: try domain.uuid(), patience: options.patience,
      cancellation: session.interruptible(), progress: printer.show)
    if options.isDryRun {
      return PlannedSteps(operation.plan, on: domain)
    }
    defer { printer.end() }
    try session.carryOut(operation.plan, MirroredSnapshot.operation, request.parameters, on: domain)
    return MirroredSnapshotResult(
      domain: domain.name, parameters: request.parameters, source: source,
      hasCaughtUp: options.patience.waits)
  }
}

/// A mirrored snapshot that has been taken.
struct MirroredSnapshotResult: CommandResult {
  /// One disk of it.
  struct Disk: Encodable, Sendable {
    /// The guest's name for it.
    let target: String
    /// The overlay on the first storage.
    let source: String
    /// The file on the second; absent for a disk that is not mirrored.
    let mirror: String?
  }

  private enum CodingKeys: String, CodingKey {
    case domain
    case snapshot
    case action
    case disks
    case hasCaughtUp
  }

  let domain: String
  let snapshot: String
  let action = "created"
  let disks: [Disk]
  let hasCaughtUp: Bool
  private let sentence: String

  init(domain: String, parameters: MirroredSnapshot.Parameters, source: String?, hasCaughtUp: Bool) {
    self.domain = domain
    snapshot = parameters.snapshot
    disks = parameters.disks.map { Disk(target: $0.target, source: $0.overlay, mirror: $0.mirror) }
    self.hasCaughtUp = hasCaughtUp
    let mirrors = parameters.mirroredDisks.map { "\($0.target) to \($0.mirror ?? "")" }
    sentence =
      "Domain snapshot \(parameters.snapshot) created\(source.map { " from '\($0)'" } ?? ""), "
      + "\(hasCaughtUp ? "mirroring" : "catching up") \(mirrors.joined(separator: ", "))"
  }

  func render(into text: inout TextOutput) {
    text.printExtra(sentence)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(snapshot, forKey: .snapshot)
    try container.encode(action, forKey: .action)
    try container.encode(disks, forKey: .disks)
    try container.encode(hasCaughtUp, forKey: .hasCaughtUp)
  }
}
