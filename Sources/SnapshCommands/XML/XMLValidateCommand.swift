import CommandGrammar
import SnapshotXML

/// `xml validate`: holds snapshot documents against the schemas and libvirt's rules.
struct XMLValidateCommand: Command {
  private static let files = Option.repeated(
    "file", required: true, completes: .file, help: "a <domainsnapshot> document, or - for standard input")
  private static let strictUpstream = Option.flag(
    "strict-upstream", help: "the verdict of libvirt 9.0's own schema, which knows no <mirror>")
  private static let domainSchema = Option<String?>.text(
    "domain-schema", namedOnly: true, completes: .file,
    help: "check <domain> with libvirt's schemas: auto (where installed, default), none, or their directory")
  private static let schemaOnly = Option.flag(
    "schema-only", help: "look at the schemas alone, not at the rules of libvirt's parser")
  private static let noMirror = Option.flag(
    "no-mirror", help: "refuse <mirror>, as a caller that cannot act on it has to")

  static let grammar = CommandGrammar(
    name: "xml validate", group: "xml", abstract: "check snapshot XML for errors",
    discussion: """
      Checks <domainsnapshot> documents against the schema of snapsh, against libvirt's schemas of the guest
      inside, and against the rules that libvirt's parser applies. Each problem is printed with its line, its
      element and the reason.

      \(ReadingMode.discussion)

      --strict-upstream leaves the rules out unless --mode or --no-mirror asks for them.
      """,
    options: [
      files, ReadingMode.option, strictUpstream, domainSchema, schemaOnly, noMirror, ReportFormat.option,
    ],
    exitStatuses: XMLCommands.exitStatuses,
    examples: [
      ("snapsh xml validate request.xml", "Check one request."),
      ("snapsh xml validate --output junit snapshots/*.xml > results.xml", "Check many for a test server."),
      (
        "virsh snapshot-dumpxml guest s1 | snapsh xml validate --strict-upstream -",
        "What libvirt itself would say."
      ),
    ])

  private let documents: [DocumentFile]
  private let format: ReportFormat
  private let isStrict: Bool
  private let domainChoice: DomainSchemaChoice
  private let rules: SnapshotRules?

  init(_ arguments: ParsedArguments) throws {
    documents = try DocumentFile.list(arguments[Self.files])
    format = try ReportFormat(arguments)
    isStrict = try arguments[Self.strictUpstream]
    domainChoice = DomainSchemaChoice(try arguments[Self.domainSchema])
    let mode = try ReadingMode.read(arguments)
    let schemaOnly = try arguments[Self.schemaOnly]
    let noMirror = try arguments[Self.noMirror]
    guard !(schemaOnly && noMirror) else {
      throw CommandFailure("Options --schema-only and --no-mirror are mutually exclusive", exitStatus: 2)
    }
    let asksForRules = try ReadingMode.isGiven(arguments) || noMirror
    rules =
      schemaOnly || (isStrict && !asksForRules)
      ? nil : SnapshotRules(mode: mode, allowsMirrors: !(noMirror || isStrict))
  }

  func run(in session: Session) throws -> any CommandResult {
    let schemas = try schemas(in: session)
    let rules = rules
    let verdicts = try XMLCommands.verdicts(on: documents) {
      let validator = SnapshotValidator(schemas, rules: rules)
      return { try validator.problems(in: $0) }
    }
    return try ExaminationResult(
      ExaminationReport(examination: "validate", files: verdicts), as: format, in: session)
  }

  private func schemas(in session: Session) throws -> SnapshotSchemas {
    do {
      let directory = try SchemaDirectory(environment: session.environment)
      let name = isStrict ? SchemaDirectory.upstreamSchema : SchemaDirectory.mainSchema
      return SnapshotSchemas(
        try domainChoice.paths(snapshot: directory.path(of: name)), read: XMLCommands.schemaBytes)
    } catch {
      throw CommandFailure("the documents cannot be examined", cause: error, exitStatus: 2)
    }
  }
}
