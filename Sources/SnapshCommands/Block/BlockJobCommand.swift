import CommandGrammar
import Libvirt
import Operations

/// `blockjob DOMAIN DISK`: tells of the job on a disk, limits it, or ends it.
struct BlockJobCommand: VirshCommand {
  private static let abort = Option.flag("abort", help: "end the job")
  private static let async = Option.flag("async", help: "end the job without waiting for its end")
  private static let pivot = Option.flag("pivot", help: "end a mirror by going on with the copy")
  private static let info = Option.flag("info", help: "tell of the job, as is done without any option")
  private static let raw = Option.flag("raw", help: "tell libvirt's own figures")

  static let grammar = CommandGrammar(
    name: "blockjob", group: "domain", abstract: "Manage active block operations",
    discussion: "Tells how far the copy, commit, pull or backup of a disk has come, limits it, or ends it.",
    options: [
      DomainOption.domain, BlockOption.path, abort, async, pivot, info, BandwidthLimit.bytes, raw,
      BandwidthLimit.option,
    ],
    examples: [("snapsh blockjob guest vda --pivot", "Go on with a copy that has caught up.")])

  private enum Action {
    case tell(raw: Bool)
    case limit
    case end(BlockJobAbortFlags)
  }

  private let domain: String
  private let disk: String
  private let bandwidth: BandwidthLimit
  private let action: Action

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    disk = try arguments[BlockOption.path]
    let endings = [Self.abort, Self.async, Self.pivot]
    try arguments.refuseBoth(
      [Self.raw, Self.info].flatMap { teller in
        endings.map { (teller, $0) } + [(teller, BandwidthLimit.option)]
      } + endings.map { (BandwidthLimit.bytes, $0) })
    bandwidth = try BandwidthLimit(arguments)
    if arguments.isGiven(BandwidthLimit.option) {
      action = .limit
    } else if endings.contains(where: { arguments.isGiven($0) }) {
      var flags: BlockJobAbortFlags = []
      if try arguments[Self.async] { flags.insert(.async) }
      if try arguments[Self.pivot] { flags.insert(.pivot) }
      action = .end(flags)
    } else {
      action = .tell(raw: try arguments[Self.raw])
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    switch action {
    case .tell(let raw):
      let inBytes = !raw || bandwidth.isInBytes || session.printsJSON
      let job = try domain.blockJob(on: disk, inBytes ? .bandwidthInBytes : [])
      if let job, !raw, !session.printsJSON {
        JobProgressLine(label: job.kind.text, console: session.console).show(job)
      }
      return BlockJobInfoResult(domain: domain.name, disk: disk, job: job, isRaw: raw)
    case .limit:
      try session.waitForExclusiveJob(of: domain)
      try domain.setBlockJobSpeed(
        on: disk, bandwidth: bandwidth.value, bandwidth.isInBytes ? .bandwidthInBytes : [])
      return done("limited", on: domain)
    case .end(let flags):
      try MirrorGuard.refuseWhileMirrored(disk: disk, of: domain, work: "ending the job by itself")
      try session.waitForExclusiveJob(of: domain)
      try domain.abortBlockJob(on: disk, flags)
      return done(flags.contains(.pivot) ? "pivoted" : "aborted", on: domain)
    }
  }

  private func done(_ action: String, on domain: Domain) -> any CommandResult {
    Sentence("", fields: BlockJobAction(domain: domain.name, disk: disk, action: action))
  }
}

/// What has been done to the job on a disk, for programs.
struct BlockJobAction: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The disk as it was named on the command line.
  let disk: String
  /// `limited`, `aborted` or `pivoted`.
  let action: String
}

/// What `blockjob` tells of the job on a disk.
struct BlockJobInfoResult: CommandResult {
  private enum CodingKeys: String, CodingKey {
    case domain
    case disk
    case job
    case bandwidthBytesPerSecond
    case current
    case end
  }

  let domain: String
  let disk: String
  /// Nothing where there is no job; its bandwidth is in bytes/s but for ``isRaw`` text.
  let job: BlockJobInfo?
  let isRaw: Bool

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(disk, forKey: .disk)
    guard let job else { return }
    try container.encode(job.kind.name, forKey: .job)
    try container.encode(job.bandwidth, forKey: .bandwidthBytesPerSecond)
    try container.encode(job.current, forKey: .current)
    try container.encode(job.end, forKey: .end)
  }

  func render(into text: inout TextOutput) {
    guard let job else {
      if !isRaw { text.printExtra("No current block job for \(disk)") }
      return
    }
    if isRaw {
      text.print(
        " type=\(job.kind.text)\n bandwidth=\(job.bandwidth)\n cur=\(job.current)\n end=\(job.end)\n")
    } else if job.bandwidth > 0 {
      let size = BinarySize(UInt64(job.bandwidth))
      text.print("    Bandwidth limit: \(job.bandwidth) bytes/s (\(size.text)/s)\n")
    } else {
      // Ends the line of the progress on the error stream.
      text.print("\n")
    }
  }
}

extension BlockJobInfo.Kind {
  /// virsh's words for it.
  var text: String {
    switch self {
    case .unknown: "Unknown job"
    case .pull: "Block Pull"
    case .copy: "Block Copy"
    case .commit: "Block Commit"
    case .activeCommit: "Active Block Commit"
    case .backup: "Backup"
    }
  }

  /// The word for it in JSON.
  var name: String {
    switch self {
    case .unknown: "unknown"
    case .pull: "pull"
    case .copy: "copy"
    case .commit: "commit"
    case .activeCommit: "active-commit"
    case .backup: "backup"
    }
  }
}
