import CommandGrammar
import Operations

/// `chain DOMAIN [DISK]`: the images that each disk is made of, and which snapshot each of them belongs to.
struct ChainCommand: Command {
  private static let disk = Option.text(
    "disk", completes: .disk, help: "one disk, by its target or source; all that are not empty otherwise")

  static let grammar = CommandGrammar(
    name: "chain", group: "snapshot", abstract: "draw the backing chain of a domain's disks",
    discussion: """
      Of a running domain it is what the hypervisor has open; of one that is shut off, what the images say of
      each other. The image that the guest writes to comes first, the base last, a copy that a block job keeps
      beside them. For each image: format, size as the guest sees it, room it takes, and its snapshots:
        overlay of S   made for S: what has been written since
        state of S     with all below it, the disk as S has it
        holds S        the snapshot S is inside the image
        mirror of S    takes every write along on the second storage

      Nothing is changed, and formats are never guessed.
      """,
    options: [DomainOption.domain, disk],
    exitStatuses: [
      0: "every image is there and can be read", 2: "an image is missing, or cannot be read or followed",
    ],
    examples: [
      ("snapsh chain guest", "Draw the chains of all of the guest's disks."),
      ("snapsh --json chain guest vda", "Give a program the images of one disk."),
    ])

  static let needsConnection = true
  static let endsWithBlankLine = true

  private let domain: String
  private let disk: String?

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    disk = try arguments[Self.disk]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    return ChainResult(domain: domain.name, disks: try BackingChain.chains(of: domain, disk: disk))
  }
}
