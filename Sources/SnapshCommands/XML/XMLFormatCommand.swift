import CommandGrammar
import SnapshotXML
import SystemPackage
import XMLTree

/// `xml format`: lays snapshot XML out as libvirt does.
struct XMLFormatCommand: Command {
  private static let files = Option.repeated(
    "file", required: true, completes: .file, help: "a <domainsnapshot> document, or - for standard input")
  private static let check = Option.flag(
    "check", help: "print nothing but the names of the files that formatting would change")
  private static let inPlace = Option.flag("in-place", help: "write the result back to the files")

  static let grammar = CommandGrammar(
    name: "xml format", group: "xml", abstract: "lay out snapshot XML as libvirt does",
    discussion: """
      Prints a <domainsnapshot> document in libvirt's canonical layout: what 'snapshot-dumpxml' prints comes back
      unchanged. What libvirt infers is written out (snapshot='external' on a disk with a source); comments and
      the order and layout of the input are not kept. A document that does not match the schema is refused, because
      what is unknown in it would be lost.

      \(ReadingMode.discussion)
      """,
    options: [files, check, inPlace, ReadingMode.option],
    exitStatuses: [
      1: "some document is not valid, or, with --check, would be changed",
      2: "some document, or the schema, cannot be read or written",
    ],
    examples: [
      ("snapsh xml format request.xml", "Print it as libvirt would."),
      ("snapsh xml format --check snapshots/*.xml", "For a commit hook."),
      ("snapsh xml format --in-place snapshots/*.xml", "Rewrite those that differ."),
    ])

  private let documents: [DocumentFile]
  private let action: Action
  private let mode: SnapshotDocument.Mode?

  private enum Action {
    case print
    case check
    case replace
  }

  init(_ arguments: ParsedArguments) throws {
    documents = try DocumentFile.list(arguments[Self.files])
    mode = try ReadingMode.read(arguments)
    switch (try arguments[Self.check], try arguments[Self.inPlace]) {
    case (true, true):
      throw CommandFailure("Options --check and --in-place are mutually exclusive", exitStatus: 2)
    case (true, false): action = .check
    case (false, true): action = .replace
    case (false, false): action = .print
    }
    guard action != .print || documents.count == 1 else {
      throw CommandFailure(
        "only one document can be printed; several need --check or --in-place", exitStatus: 2)
    }
    guard action != .replace || !documents.contains(where: { $0.name == DocumentFile.standardInput }) else {
      throw CommandFailure("standard input cannot be written back; leave --in-place away", exitStatus: 2)
    }
  }

  func run(in session: Session) throws -> any CommandResult {
    let schemas: SnapshotSchemas
    do {
      let directory = try SchemaDirectory(environment: session.environment)
      schemas = SnapshotSchemas(
        SnapshotSchemas.Paths(snapshot: directory.path(of: SchemaDirectory.mainSchema)),
        read: XMLCommands.schemaBytes)
    } catch {
      throw CommandFailure("the documents cannot be formatted", cause: error, exitStatus: 2)
    }
    let rules = SnapshotRules(mode: mode)
    let action = action
    let results = concurrentMap(documents) {
      let validator = SnapshotValidator(schemas, rules: rules)
      return { document in
        Result { try Self.format(document, action, mode: rules.mode, validator) }
      }
    }
    do {
      let report = FormatReport(files: try results.map { try $0.get() })
      if action == .print, let failure = report.failure { throw failure }
      return report
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure("the documents cannot be formatted", cause: error, exitStatus: 2)
    }
  }

  private static func format(
    _ file: DocumentFile, _ action: Action, mode: SnapshotDocument.Mode?, _ validator: SnapshotValidator
  ) throws -> FormatReport.File {
    var formatted: [UInt8] = []
    var original: [UInt8] = []
    let verdict = try XMLCommands.verdict(on: file) { bytes, document in
      let problems = try validator.problems(in: document)
      guard problems.isEmpty else { return problems }
      original = bytes
      formatted = try SnapshotDocument(
        document, mode: mode ?? .fitting(document.root), allowMirrors: true
      ).bytes()
      return []
    }
    guard verdict.status == .valid else { return FormatReport.File(verdict) }
    let changes = formatted != original
    if action == .print { return FormatReport.File(file.shownName, printing: formatted, changes: changes) }
    if action == .replace && changes {
      do {
        try FileReplacement.replace(file.name, with: formatted)
      } catch {
        return FormatReport.File(file.shownName, cannotBeWritten: error as? Errno ?? .ioError)
      }
    }
    return FormatReport.File(
      file.shownName, outcome: !changes ? .unchanged : action == .replace ? .replaced : .wouldChange)
  }
}
