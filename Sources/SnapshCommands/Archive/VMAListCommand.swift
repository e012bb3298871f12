import CommandGrammar
import Operations

/// `vma list FILE`: configs, devices and time of an archive, from its header.
struct VMAListCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive, - for standard input")

  static let grammar = CommandGrammar(
    name: "vma list", group: "archive", abstract: "list what is in an archive",
    discussion: "Prints a CFG: line for each config, a DEV: or VMSTATE: line for each device,\n"
      + "and the CTIME: line, from the archive's header alone.",
    options: [file],
    exitStatuses: ExitStatus.interruptible,
    examples: [("snapsh vma list vm.vma", "See which disks an archive holds.")])

  private let path: String

  init(_ arguments: ParsedArguments) throws { path = try arguments[Self.file] }

  func run(in session: Session) throws -> any CommandResult {
    ArchiveListing(try OpenArchive(path: path, cancellation: session.interruptible()).header)
  }
}
