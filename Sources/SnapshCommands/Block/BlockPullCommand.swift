import CommandGrammar
import Libvirt
import Operations

/// `blockpull DOMAIN DISK`: fills a disk's image from its backing chain.
struct BlockPullCommand: VirshCommand {
  private static let base = Option.text(
    "base", completes: .file, help: "the image to stop at; it stays below")
  private static let keepRelative = Option.flag(
    "keep-relative", help: "go on naming backing files relatively")

  static let grammar = CommandGrammar(
    name: "blockpull", group: "domain", abstract: "Populate a disk from its backing image.",
    discussion: """
      Copies what a running domain's disk has in its backing chain into its
      top image, which then needs the chain no longer, or only down to a base.
      """,
    options: [
      DomainOption.domain, BlockOption.path, BandwidthLimit.option, base, BlockJobPatience.wait,
      BlockJobPatience.verbose, BlockJobPatience.timeout, BlockJobPatience.async, keepRelative,
      BandwidthLimit.bytes,
    ], exitStatuses: BlockJobPatience.exitStatuses,
    examples: [
      ("snapsh blockpull guest vda --wait --verbose", "Make a disk independent of its backing chain.")
    ])

  private let domain: String
  private let disk: String
  private let base: String?
  private let bandwidth: BandwidthLimit
  private let patience: BlockJobPatience
  private let waits: Bool
  private let flags: BlockRebaseFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    try arguments.require(BlockJobPatience.wait, with: BlockJobPatience.verbose)
    try arguments.require(BlockJobPatience.wait, with: BlockJobPatience.async)
    disk = try arguments[BlockOption.path]
    base = try arguments[Self.base]
    bandwidth = try BandwidthLimit(arguments)
    patience = try BlockJobPatience(arguments)
    waits = try arguments[BlockJobPatience.wait]
    var flags: BlockRebaseFlags = []
    if try arguments[Self.keepRelative] { flags.insert(.relative) }
    if bandwidth.isInBytes { flags.insert(.bandwidthInBytes) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(disk: disk, of: domain, work: "a block pull")
    try session.waitForExclusiveJob(of: domain)
    guard waits else {
      try start(on: domain)
      return result(.started, "Block Pull started", of: domain)
    }
    let outcome = try patience.wait(on: domain, disk: disk, label: "Block Pull", in: session) {
      try start(on: domain)
    }
    return BlockJobResult(unfinished: outcome, domain: domain.name, disk: disk, job: "pull")
      ?? result(.completed, "\nPull complete", of: domain)
  }

  private func start(on domain: Domain) throws {
    if base == nil && !flags.contains(.relative) {
      try domain.blockPull(on: disk, bandwidth: bandwidth.value, flags)
    } else {
      try domain.blockRebase(on: disk, base: base, bandwidth: bandwidth.value, flags)
    }
  }

  private func result(
    _ outcome: BlockJobResult.Outcome, _ sentence: String, of domain: Domain
  ) -> BlockJobResult {
    BlockJobResult(domain: domain.name, disk: disk, job: "pull", outcome: outcome, sentence: sentence)
  }
}
