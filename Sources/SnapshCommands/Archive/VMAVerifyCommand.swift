import CommandGrammar
import Operations
import VMA

/// `vma verify FILE [-v]`: proves as much of an archive as can be proven.
struct VMAVerifyCommand: Command {
  private static let file = Option.required(
    "filename", completes: .file, help: "archive, - for standard input")
  private static let structureOnly = Option.flag(
    "structure-only", help: "leave the data out: go from extent to extent")
  private static let verbose = Option.flag(
    "verbose", letter: "v", help: "print the listing, progress and what was proven")

  static let grammar = CommandGrammar(
    name: "vma verify", group: "archive", abstract: "check an archive",
    discussion:
      "Reads the archive to its end and checks its structure, that no cluster of a disk is missing\n"
      + "or there twice, and the digests of its data. Silent when all is well, as Proxmox's tool is;\n"
      + "--structure-only takes seconds whatever the archive's size, and does not notice changed data;\n"
      + "what an archive without digests leaves unproven is said on standard error, with status 0.\n"
      + "A file notes when it was verified ('archive list'), where it and its file system allow that.",
    options: [file, structureOnly, verbose],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh vma verify -v vm.vma", "Check an archive and see what that proves."),
      ("snapsh vma verify --structure-only vm.vma", "See that a large archive is complete."),
    ])

  private let path: String
  private let depth: CheckDepth
  private let isVerbose: Bool

  /// What was found.
  struct Verified: CommandResult {
    let summary: ArchiveReadSummary
    let isVerbose: Bool

    func encode(to encoder: any Encoder) throws { try summary.encode(to: encoder) }

    func render(into text: inout TextOutput) {
      guard isVerbose else { return }
      text.print(summary.text)
      text.print("verified: \(summary.proven)\n")
    }
  }

  init(_ arguments: ParsedArguments) throws {
    path = try arguments[Self.file]
    depth = try arguments[Self.structureOnly] ? .structure : .data
    isVerbose = try arguments[Self.verbose]
  }

  func run(in session: Session) throws -> any CommandResult {
    // What the file was like before it was read; pipes are like nothing.
    let state = path == "-" ? nil : try? VerificationRecord.state(of: path)
    let archive = try OpenArchive(path: path, cancellation: session.interruptible())
    if isVerbose, !session.printsJSON { try session.console.print(ArchiveListing(archive.header).text) }
    let progress = ArchiveProgressPrinter.reading(session, label: "Verify", isVerbose: isVerbose)
    let report = try archive.read(progress: progress, checking: depth)
    let summary = ArchiveReadSummary(report)
    // Less than was proven before does not take its place.
    if let state, depth == .data || VerificationRecord(of: path)?.proof != .content {
      let record = VerificationRecord(
        seconds: LocalTime.now().seconds, proof: report.proof == .content ? .content : .structure)
      // That an archive of somebody else's cannot be marked takes nothing from what was found.
      try? record.write(to: path, readAs: state)
    }
    if let unproven = summary.unproven, depth == .data, !session.printsJSON {
      session.console.printError("warning: not proven: \(unproven)\n")
    }
    return Verified(summary: summary, isVerbose: isVerbose)
  }
}
