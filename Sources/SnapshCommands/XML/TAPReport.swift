/// A report in the Test Anything Protocol: a test point a document, the problems as a YAML block.
///
/// Version 13, which says the same as 14 here and which the harness of Perl reads too.
enum TAPReport {
  static func render(_ report: ExaminationReport) -> String {
    var text = "TAP version 13\n1..\(report.files.count)\n"
    for (index, verdict) in report.files.enumerated() {
      let isGood = verdict.problems.isEmpty
      text += "\(isGood ? "ok" : "not ok") \(index + 1) - \(description(verdict.file))\n"
      if !isGood { text += block(verdict) }
    }
    return text
  }

  private static func block(_ verdict: ExaminationReport.FileVerdict) -> String {
    var text = "  ---\n  status: \(verdict.status.rawValue)\n  problems:\n"
    for problem in verdict.problems {
      text += "    - check: \(problem.check)\n"
      if let line = problem.line { text += "      line: \(line)\n" }
      if let column = problem.column { text += "      column: \(column)\n" }
      if let path = problem.path { text += "      path: \(quoted(path))\n" }
      text += "      message: \(quoted(problem.message))\n"
    }
    return text + "  ...\n"
  }

  /// A description ends at the line and at a hash; backslashes escape.
  private static func description(_ name: String) -> String {
    var text = ""
    for character in TextReport.line(name) {
      if character == "#" || character == "\\" { text += "\\" }
      text.append(character)
    }
    return text
  }

  /// A YAML scalar in double quotes.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      default: quoted += TextReport.line(String(scalar))
      }
    }
    return quoted + "\""
  }
}
