import XMLTree

/// A report as the JUnit XML that test servers read: a test case a document.
enum JUnitReport {
  static func render(_ report: ExaminationReport) -> String {
    let counts =
      "tests=\"\(report.summary.total)\" failures=\"\(report.summary.invalid)\" "
      + "errors=\"\(report.summary.unreadable)\""
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(counts)>\n"
    text += "  <testsuite name=\"snapsh xml \(report.examination)\" \(counts) skipped=\"0\">\n"
    for verdict in report.files { text += testCase(verdict, report.examination) }
    return text + "  </testsuite>\n</testsuites>\n"
  }

  private static func testCase(_ verdict: ExaminationReport.FileVerdict, _ examination: String) -> String {
    let name = escaped(verdict.file)
    let start = "    <testcase classname=\"snapsh.xml.\(examination)\" name=\"\(name)\" file=\"\(name)\""
    guard let first = verdict.problems.first else { return start + "/>\n" }
    let element = verdict.status == .unreadable ? "error" : "failure"
    let lines = verdict.problems.map { problem in
      escaped(
        TextReport.line(verdict.file) + TextReport.place(problem) + ": " + TextReport.line(problem.message))
    }
    return start + ">\n      <\(element) type=\"\(first.check)\" message=\"\(escaped(first.message))\">"
      + lines.joined(separator: "\n") + "</\(element)>\n    </testcase>\n"
  }

  /// A text inside an attribute or element; what XML cannot hold is replaced.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
