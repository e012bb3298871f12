import SnapshotXML

/// What an examination of documents found: one verdict a document, in the order given, and the counts.
struct ExaminationReport: Encodable, Equatable, Sendable {
  /// How a document came out.
  enum Status: String, Encodable, Sendable {
    case valid
    case invalid
    case unreadable
  }

  /// One thing that is wrong.
  struct Problem: Encodable, Equatable, Sendable {
    /// Which examination found it: `read`, `xml`, `schema`, `domain-schema`, `rules` or `roundtrip`.
    var check: String
    /// From 1; left out where none can be told.
    var line: Int?
    /// In bytes, from 1; left out where none can be told.
    var column: Int?
    /// The element; left out where none can be told.
    var path: String?
    var message: String

    init(check: String, line: Int? = nil, path: String? = nil, message: String) {
      self.check = check
      self.line = line
      self.path = path
      self.message = message
    }

    init(_ problem: SnapshotProblem) {
      check = problem.check.rawValue
      line = problem.line > 0 ? problem.line : nil
      column = problem.column > 0 ? problem.column : nil
      path = problem.elementPath.isEmpty ? nil : problem.elementPath
      message = problem.message
    }

    init(_ error: UnreadableDocument) {
      self.init(check: "read", message: error.message)
    }
  }

  struct FileVerdict: Encodable, Equatable, Sendable {
    /// The name as it was given; `(standard input)` for `-`.
    var file: String
    var status: Status
    var problems: [Problem]

    init(file: String, problems: [Problem]) {
      self.file = file
      self.problems = problems
      status = problems.isEmpty ? .valid : .invalid
    }

    init(_ error: UnreadableDocument) {
      file = error.file
      status = .unreadable
      problems = [Problem(error)]
    }
  }

  struct Summary: Encodable, Equatable, Sendable {
    var total: Int
    var valid: Int
    var invalid: Int
    var unreadable: Int
  }

  /// What was examined: `validate` or `roundtrip`.
  let examination: String
  let files: [FileVerdict]
  let summary: Summary

  init(examination: String, files: [FileVerdict]) {
    self.examination = examination
    self.files = files
    func count(_ status: Status) -> Int { files.count { $0.status == status } }
    summary = Summary(
      total: files.count, valid: count(.valid), invalid: count(.invalid), unreadable: count(.unreadable))
  }

  /// 2 where a document could not be read, 1 where one is not valid, else 0.
  var exitStatus: Int32 {
    if summary.unreadable > 0 { return 2 }
    return summary.invalid > 0 ? 1 : 0
  }

  /// What a good document is called in the text rendering.
  var praise: String { examination == "roundtrip" ? "round-trips" : "valid" }
}
