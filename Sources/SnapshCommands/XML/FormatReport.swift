import SystemPackage

/// What formatting did to each document.
struct FormatReport: CommandResult {
  enum Outcome: String, Encodable, Sendable {
    /// It is printed.
    case formatted
    /// It has libvirt's layout already.
    case unchanged
    /// It has another layout, and was only checked.
    case wouldChange = "would-change"
    /// It had another layout, and has libvirt's now.
    case replaced
    /// It is not valid, and was left alone.
    case invalid
    /// It could not be read.
    case unreadable
    /// The result could not be written back.
    case unwritable
  }

  struct File: Encodable, Equatable, Sendable {
    let file: String
    let outcome: Outcome
    /// The formatted document, where it is to be printed.
    var text: String?
    /// Whether what is printed differs from what was read.
    var changes: Bool?
    /// Why it was left alone.
    var problems: [ExaminationReport.Problem]?

    init(_ file: String, outcome: Outcome) {
      self.file = file
      self.outcome = outcome
    }

    init(_ file: String, printing bytes: [UInt8], changes: Bool) {
      self.init(file, outcome: .formatted)
      text = String(decoding: bytes, as: UTF8.self)
      self.changes = changes
    }

    init(_ verdict: ExaminationReport.FileVerdict) {
      self.init(verdict.file, outcome: verdict.status == .unreadable ? .unreadable : .invalid)
      problems = verdict.problems
    }

    init(_ file: String, cannotBeWritten errno: Errno) {
      self.init(file, outcome: .unwritable)
      problems = [ExaminationReport.Problem(check: "write", message: "cannot be written back: \(errno)")]
    }
  }

  let files: [File]

  var exitStatus: Int32 {
    if files.contains(where: { $0.outcome == .unreadable || $0.outcome == .unwritable }) { return 2 }
    return files.contains { $0.outcome == .invalid || $0.outcome == .wouldChange } ? 1 : 0
  }

  /// Why the one document that was to be printed is not, nil where it is.
  var failure: CommandFailure? {
    guard let file = files.first, let problems = file.problems, let first = problems.first else { return nil }
    var sentence = Self.line(file, first)
    if problems.count > 1 { sentence += " (and \(problems.count - 1) more: see 'snapsh xml validate')" }
    return CommandFailure(sentence, exitStatus: exitStatus)
  }

  func render(into text: inout TextOutput) {
    for file in files {
      let name = TextReport.line(file.file)
      switch file.outcome {
      case .formatted: text.print(file.text ?? "")
      case .unchanged: break
      case .wouldChange: text.print("\(name): would be changed\n")
      case .replaced: text.printExtra("\(name): changed\n")
      case .invalid, .unreadable, .unwritable:
        for problem in file.problems ?? [] { text.print(Self.line(file, problem) + "\n") }
      }
    }
  }

  private static func line(_ file: File, _ problem: ExaminationReport.Problem) -> String {
    TextReport.line(file.file) + TextReport.place(problem) + ": " + TextReport.line(problem.message)
  }
}
