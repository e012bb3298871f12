/// A report for people: a line a problem, a line a good document, the counts at the end.
enum TextReport {
  static func render(_ report: ExaminationReport, isQuiet: Bool) -> String {
    var text = ""
    for verdict in report.files {
      if verdict.problems.isEmpty && !isQuiet { text += "\(line(verdict.file)): \(report.praise)\n" }
      for problem in verdict.problems {
        text += "\(line(verdict.file))\(place(problem)): \(line(problem.message))\n"
      }
    }
    if report.files.count > 1 && !isQuiet { text += summary(report) + "\n" }
    return text
  }

  /// `:LINE:COLUMN: PATH`, as far as it is known.
  static func place(_ problem: ExaminationReport.Problem) -> String {
    var place = ""
    if let line = problem.line { place += ":\(line)" }
    if let column = problem.column { place += ":\(column)" }
    if let path = problem.path { place += ": \(path)" }
    return place
  }

  private static func summary(_ report: ExaminationReport) -> String {
    let counts = report.summary
    var parts = ["\(counts.valid) \(report.praise == "valid" ? "valid" : "round-trip")"]
    if counts.invalid > 0 { parts.append("\(counts.invalid) invalid") }
    if counts.unreadable > 0 { parts.append("\(counts.unreadable) unreadable") }
    return "\(counts.total) files: \(parts.joined(separator: ", "))"
  }

  /// A text that may hold anything, on one line: control characters are written as escapes.
  static func line(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        line += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
