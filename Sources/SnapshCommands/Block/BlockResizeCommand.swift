import CommandGrammar
import Libvirt
import Operations

/// `blockresize DOMAIN DISK SIZE`: gives a running domain's disk another size, a smaller one only where asked.
struct BlockResizeCommand: VirshCommand {
  private static let size = Option.requiredScaled(
    "size", help: "the new size, such as 20G; KiB without a unit")
  private static let shrink = Option.flag("shrink", help: "the disk may lose its end")

  static let grammar = CommandGrammar(
    name: "blockresize", group: "domain", abstract: "Resize block device of domain.",
    discussion: """
      Gives a running domain's disk another size. A size below the present one
      cuts off the disk's end: it is refused without --shrink, and without a
      unit, since a bare number is in KiB.
      """,
    options: [DomainOption.domain, BlockOption.path, size, shrink],
    examples: [("snapsh blockresize guest vda 20G", "Grow a disk to 20 GiB.")])

  private let domain: String
  private let disk: String
  private let size: ScaledNumber
  private let bytes: UInt64
  private let mayShrink: Bool

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    disk = try arguments[BlockOption.path]
    size = try arguments[Self.size]
    mayShrink = try arguments[Self.shrink]
    guard let bytes = size.value(defaultUnit: 1024) else {
      let text = String(size.number)
      throw ArgumentError.notAScaledNumber(option: "size", value: text, reason: .tooLarge(text))
    }
    self.bytes = bytes
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    try MirrorGuard.refuseWhileMirrored(disk: disk, of: domain, work: "resizing the disk")
    try session.waitForExclusiveJob(of: domain)
    do {
      try BlockResize.resize(
        disk, of: domain, toBytes: bytes, hasUnit: size.unit != nil, mayShrink: mayShrink)
    } catch {
      throw CommandFailure("Failed to resize block device '\(disk)'", cause: error)
    }
    return Sentence(
      "Block device '\(disk)' is resized",
      fields: BlockResizeFields(domain: domain.name, disk: disk, sizeBytes: bytes))
  }
}

/// A disk's new size, for programs.
struct BlockResizeFields: Encodable, Sendable {
  /// The domain's name.
  let domain: String
  /// The disk as it was named on the command line.
  let disk: String
  /// The new size.
  let sizeBytes: UInt64
}
