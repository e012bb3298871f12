import CommandGrammar
import Libvirt
import Operations

/// `blockcopy DOMAIN DISK`: mirrors a disk to a copy.
struct BlockCopyCommand: VirshCommand {
  private static let pivot = Option.flag("pivot", help: "when the mirror has caught up, go on with the copy")
  private static let finish = Option.flag("finish", help: "when the mirror has caught up, end it")
  private static let printXML = Option.flag(
    "print-xml", help: "print the destination's document and start nothing")

  static let grammar = CommandGrammar(
    name: "blockcopy", group: "domain", abstract: "Start a block copy operation.",
    discussion: """
      Copies a running domain's disk, and mirrors what the guest writes
      meanwhile. Once the mirror has caught up, --pivot goes on with the copy
      and --finish stays with the disk; 'blockjob' does either later.
      """,
    options: [
      DomainOption.domain, BlockOption.path, BlockCopyRequest.destination, BandwidthLimit.option,
      BlockCopyRequest.shallow, BlockCopyRequest.reuseExternal, BlockCopyRequest.blockDevice,
      BlockJobPatience.wait, BlockJobPatience.verbose, BlockJobPatience.timeout, pivot, finish,
      BlockJobPatience.async, BlockCopyRequest.xml, BlockCopyRequest.format, BlockCopyRequest.granularity,
      BlockCopyRequest.bufferSize, BandwidthLimit.bytes, BlockCopyRequest.transientJob,
      BlockCopyRequest.synchronousWrites, printXML,
    ], exitStatuses: BlockJobPatience.exitStatuses,
    examples: [
      (
        "snapsh blockcopy guest vda --dest /new/guest.qcow2 --transient-job --pivot --verbose",
        "Move a disk to another storage while the guest runs."
      )
    ])

  private let domain: String
  private let disk: String
  private let request: BlockCopyRequest
  private let patience: BlockJobPatience
  private let waits: Bool
  private let pivots: Bool
  private let finishes: Bool
  private let printsXML: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    disk = try arguments[BlockOption.path]
    try arguments.refuseBoth([(Self.pivot, Self.finish)])
    patience = try BlockJobPatience(arguments)
    request = try BlockCopyRequest(arguments)
    try BlockCopyRequest.check(arguments)
    pivots = try arguments[Self.pivot]
    finishes = try arguments[Self.finish]
    printsXML = try arguments[Self.printXML]
    waits =
      try arguments[BlockJobPatience.wait] || arguments.isGiven(BlockJobPatience.timeout) || pivots
      || finishes
    if !waits {
      try BlockJobPatience.refuseUnlessWaiting(arguments, impliedBy: "--pivot, or --finish")
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    if printsXML {
      let xml = try request.document()
      return PlainText(xml, fields: DocumentFields(xml: xml))
    }
    try MirrorGuard.refuseWhileMirrored(disk: disk, of: domain, work: "a block copy")
    try session.waitForExclusiveJob(of: domain)
    guard waits else {
      try request.start(on: domain, disk: disk)
      return result(.started, "Block Copy started", of: domain)
    }
    let outcome = try patience.wait(on: domain, disk: disk, label: "Block Copy", in: session) {
      try request.start(on: domain, disk: disk)
    }
    if let unfinished = BlockJobResult(unfinished: outcome, domain: domain.name, disk: disk, job: "copy") {
      return unfinished
    }
    if pivots {
      try domain.pivotBlockJob(on: disk)
      return result(.pivoted, "\nSuccessfully pivoted", of: domain)
    }
    if finishes {
      try domain.finishBlockJob(on: disk)
      return result(.finished, "\nSuccessfully copied", of: domain)
    }
    return result(.ready, "\nNow in mirroring phase", of: domain)
  }

  private func result(
    _ outcome: BlockJobResult.Outcome, _ sentence: String, of domain: Domain
  ) -> BlockJobResult {
    BlockJobResult(domain: domain.name, disk: disk, job: "copy", outcome: outcome, sentence: sentence)
  }
}
