import CommandGrammar
import Libvirt
import Operations

/// `blockcommit DOMAIN DISK`: writes a disk's overlays into an image below them.
struct BlockCommitCommand: VirshCommand {
  private static let base = Option.text(
    "base", completes: .file, help: "the image to write into; the lowest one without it")
  private static let shallow = Option.flag("shallow", help: "write into the image right below the top")
  private static let top = Option.text(
    "top", completes: .file, help: "the highest image to write from; the disk's own without it")
  private static let active = Option.flag(
    "active", help: "the disk's own image too, as a mirror until a pivot")
  private static let delete = Option.flag("delete", help: "remove the files that are no longer needed")
  private static let pivot = Option.flag("pivot", help: "when the mirror has caught up, go on with the base")
  private static let keepOverlay = Option.flag(
    "keep-overlay", help: "when the mirror has caught up, stay with the overlay")
  private static let keepRelative = Option.flag(
    "keep-relative", help: "go on naming backing files relatively")

  static let grammar = CommandGrammar(
    name: "blockcommit", group: "domain", abstract: "Start a block commit operation.",
    discussion: """
      Writes what a disk's overlays hold into an image below them, which
      shortens the backing chain. The disk's own image is included only with
      --active, --pivot or --keep-overlay.
      """,
    options: [
      DomainOption.domain, BlockOption.path, BandwidthLimit.option, base, shallow, top, active, delete,
      BlockJobPatience.wait, BlockJobPatience.verbose, BlockJobPatience.timeout, pivot, keepOverlay,
      BlockJobPatience.async, keepRelative, BandwidthLimit.bytes,
    ], exitStatuses: BlockJobPatience.exitStatuses,
    examples: [
      (
        "snapsh blockcommit guest vda --pivot --verbose",
        "Write all overlays back and go on with the base image."
      )
    ])

  private let domain: String
  private let disk: String
  private let base: String?
  private let top: String?
  private let bandwidth: BandwidthLimit
  private let patience: BlockJobPatience
  private let waits: Bool
  private let pivots: Bool
  private let keepsOverlay: Bool
  private let flags: BlockCommitFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    try arguments.refuseBoth([(Self.pivot, Self.keepOverlay)])
    disk = try arguments[BlockOption.path]
    base = try arguments[Self.base]
    top = try arguments[Self.top]
    bandwidth = try BandwidthLimit(arguments)
    patience = try BlockJobPatience(arguments)
    pivots = try arguments[Self.pivot]
    keepsOverlay = try arguments[Self.keepOverlay]
    waits =
      try arguments[BlockJobPatience.wait] || arguments.isGiven(BlockJobPatience.timeout) || pivots
      || keepsOverlay
    if !waits {
      try BlockJobPatience.refuseUnlessWaiting(arguments, impliedBy: "--pivot, or --keep-overlay")
    }
    var flags: BlockCommitFlags = []
    if try arguments[Self.shallow] { flags.insert(.shallow) }
    if try arguments[Self.delete] { flags.insert(.delete) }
    if try arguments[Self.active] || pivots || keepsOverlay { flags.insert(.active) }
    if try arguments[Self.keepRelative] { flags.insert(.relative) }
    if bandwidth.isInBytes { flags.insert(.bandwidthInBytes) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(disk: disk, of: domain, work: "a block commit")
    try session.waitForExclusiveJob(of: domain)
    let isActive = flags.contains(.active)
    guard waits else {
      try start(on: domain)
      return result(.started, isActive ? "Active Block Commit started" : "Block Commit started", of: domain)
    }
    let outcome = try patience.wait(on: domain, disk: disk, label: "Block commit", in: session) {
      try start(on: domain)
    }
    if let unfinished = BlockJobResult(unfinished: outcome, domain: domain.name, disk: disk, job: "commit") {
      return unfinished
    }
    if pivots {
      try domain.pivotBlockJob(on: disk)
      return result(.pivoted, "\nSuccessfully pivoted", of: domain)
    }
    if keepsOverlay {
      try domain.finishBlockJob(on: disk)
      return result(.finished, "\nCommit complete, overlay image kept", of: domain)
    }
    return isActive
      ? result(.ready, "\nNow in synchronized phase", of: domain)
      : result(.completed, "\nCommit complete", of: domain)
  }

  private func start(on domain: Domain) throws {
    try domain.blockCommit(on: disk, base: base, top: top, bandwidth: bandwidth.value, flags)
  }

  private func result(
    _ outcome: BlockJobResult.Outcome, _ sentence: String, of domain: Domain
  ) -> BlockJobResult {
    BlockJobResult(domain: domain.name, disk: disk, job: "commit", outcome: outcome, sentence: sentence)
  }
}
