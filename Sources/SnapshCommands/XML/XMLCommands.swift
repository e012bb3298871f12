import SnapshotXML
import XMLTree

extension CommandRegistry {
  /// The commands on snapshot XML that need no hypervisor.
  static let xmlCommands: DeclaredCommands = [
    "xml validate": XMLValidateCommand.self,
    "xml format": XMLFormatCommand.self,
    "xml roundtrip": XMLRoundTripCommand.self,
    "xml schema": XMLSchemaCommand.self,
  ]
}

/// What the commands on snapshot XML share.
enum XMLCommands {
  /// The exit statuses of every command that reads documents.
  static let exitStatuses: [Int32: String] = [
    0: "every document is good",
    1: "some document is not (or the command line is wrong)",
    2: "some document, or a schema, cannot be read",
  ]

  /// Reads and parses a document, examines it, and gives the verdict.
  static func verdict(
    on file: DocumentFile, examine: ([UInt8], XMLDocument) throws -> [SnapshotProblem]
  ) throws -> ExaminationReport.FileVerdict {
    let bytes: [UInt8]
    let document: XMLDocument
    do {
      bytes = try file.bytes()
    } catch {
      return ExaminationReport.FileVerdict(error)
    }
    do {
      document = try XMLDocument.parse(bytes, fileName: file.shownName)
    } catch {
      return ExaminationReport.FileVerdict(file: file.shownName, problems: [.init(SnapshotProblem(error))])
    }
    return ExaminationReport.FileVerdict(
      file: file.shownName, problems: try examine(bytes, document).map(ExaminationReport.Problem.init))
  }

  /// The verdicts on all documents in the order given, found on all processors.
  static func verdicts(
    on files: [DocumentFile],
    makeExaminer: @escaping @Sendable () -> (XMLDocument) throws -> [SnapshotProblem]
  ) throws -> [ExaminationReport.FileVerdict] {
    let results = concurrentMap(files) {
      let examine = makeExaminer()
      return { file in Result { try verdict(on: file) { try examine($1) } } }
    }
    do {
      return try results.map { try $0.get() }
    } catch {
      throw CommandFailure("the documents cannot be examined", cause: error, exitStatus: 2)
    }
  }

  /// The bytes of a schema, nil where they cannot be read.
  static func schemaBytes(_ path: String) -> [UInt8]? {
    try? DocumentFile(name: path).bytes()
  }
}
