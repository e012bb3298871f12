import CommandGrammar
import SnapshotXML

/// `xml roundtrip`: reads, writes and reads again, and says what has changed.
struct XMLRoundTripCommand: Command {
  private static let files = Option.repeated(
    "file", required: true, completes: .file, help: "a <domainsnapshot> document, or - for standard input")

  static let grammar = CommandGrammar(
    name: "xml roundtrip", group: "xml", abstract: "check that snapshot XML survives being read and written",
    discussion: """
      Reads each <domainsnapshot> document, writes it as libvirt would, reads that again and writes it once
      more: both readings must give the same snapshot, and both texts the same bytes.

      \(ReadingMode.discussion)
      """,
    options: [files, ReadingMode.option, ReportFormat.option], exitStatuses: XMLCommands.exitStatuses,
    examples: [("snapsh xml roundtrip --output tap snapshots/*.xml", "Check many for a test harness.")])

  private let documents: [DocumentFile]
  private let format: ReportFormat
  private let mode: SnapshotDocument.Mode?

  init(_ arguments: ParsedArguments) throws {
    documents = try DocumentFile.list(arguments[Self.files])
    format = try ReportFormat(arguments)
    mode = try ReadingMode.read(arguments)
  }

  func run(in session: Session) throws -> any CommandResult {
    let mode = mode
    let verdicts = try XMLCommands.verdicts(on: documents) {
      { SnapshotRoundTrip(mode: mode).problems(in: $0) }
    }
    return try ExaminationResult(
      ExaminationReport(examination: "roundtrip", files: verdicts), as: format, in: session)
  }
}
