import CommandGrammar

/// The renderings of an ``ExaminationReport``.
enum ReportFormat: String, CaseIterable, Sendable {
  /// A line a problem, `FILE:LINE: PATH: reason`.
  case text
  /// One JSON object.
  case json
  /// The XML that test servers collect.
  case junit
  /// The Test Anything Protocol, version 13.
  case tap

  /// The option of every command that examines documents.
  static let option = Option<String?>.text(
    "output", namedOnly: true, completes: .words(allCases.map(\.rawValue)),
    help: "how results are printed: text (default), json, junit or tap")

  init(_ arguments: ParsedArguments) throws {
    let name = try arguments[Self.option] ?? Self.text.rawValue
    guard let format = Self(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure("unknown output '\(name)': choose one of \(known)", exitStatus: 2)
    }
    self = format
  }

  /// The whole report as text.
  func render(_ report: ExaminationReport, isQuiet: Bool) throws -> String {
    switch self {
    case .text: TextReport.render(report, isQuiet: isQuiet)
    case .json: try JSONOutput.line(report)
    case .junit: JUnitReport.render(report)
    case .tap: TAPReport.render(report)
    }
  }
}

/// An examination as the result of a command.
struct ExaminationResult: CommandResult {
  let report: ExaminationReport
  let text: String

  init(_ report: ExaminationReport, as format: ReportFormat, in session: Session) throws {
    self.report = report
    text = try format.render(report, isQuiet: session.options.isQuiet)
  }

  var exitStatus: Int32 { report.exitStatus }

  func render(into text: inout TextOutput) {
    text.print(self.text)
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
  }
}
