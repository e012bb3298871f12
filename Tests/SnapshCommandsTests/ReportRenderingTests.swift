import Foundation
import TestSupport
import Testing
import XMLTree

@testable import SnapshCommands

@Suite("Reports: what test servers and harnesses are told")
struct ReportRenderingTests {
  private static let report = ExaminationReport(
    examination: "validate",
    files: [
      .init(file: "good.xml", problems: []),
      .init(
        file: "odd #1\n\"quoted\" <&'\u{1}é\\.xml",
        problems: [
          .init(check: "schema", line: 3, path: "/a/b[2]", message: "<x> is \"wrong\" & 'bad'\u{7}"),
          .init(check: "rules", message: "second"),
        ]),
      .init(UnreadableDocument(file: "gone.xml", reason: .system(.noSuchFileOrDirectory))),
    ])

  @Test("text is one line a problem, whatever the names hold")
  func text() {
    let expected = #"""
      good.xml: valid
      odd #1\n"quoted" <&'\x01é\.xml:3: /a/b[2]: <x> is "wrong" & 'bad'\x07
      odd #1\n"quoted" <&'\x01é\.xml: second
      gone.xml: cannot be read: No such file or directory
      3 files: 1 valid, 1 invalid, 1 unreadable

      """#
    #expect(TextReport.render(Self.report, isQuiet: false) == expected)
  }

  @Test("TAP has a plan, a test point a document, and the problems as YAML")
  func tap() {
    let expected = ##"""
      TAP version 13
      1..3
      ok 1 - good.xml
      not ok 2 - odd \#1\\n"quoted" <&'\\x01é\\.xml
        ---
        status: invalid
        problems:
          - check: schema
            line: 3
            path: "/a/b[2]"
            message: "<x> is \"wrong\" & 'bad'\x07"
          - check: rules
            message: "second"
        ...
      not ok 3 - gone.xml
        ---
        status: unreadable
        problems:
          - check: read
            message: "cannot be read: No such file or directory"
        ...

      """##
    #expect(TAPReport.render(Self.report) == expected)
  }

  @Test("a harness that reads TAP counts what is good and what is not")
  func tapConsumer() throws {
    let directory = try TemporaryDirectory()
    try directory.write(text: TAPReport.render(Self.report), to: "report.tap")
    let result = try run([try require(tool: "prove"), "--exec", "cat", directory.file("report.tap")])
    #expect(result.stdout.contains("Failed 2/3 subtests"))
    #expect(!result.stdout.contains("Parse errors"))
  }

  @Test("JUnit XML is well-formed, has the counts, and gives back every name and reason")
  func junit() throws {
    let text = JUnitReport.render(Self.report)
    let root = try XMLDocument.parse(text).root
    #expect(root.name == "testsuites")
    let suite = try #require(root.firstElement(named: "testsuite"))
    for element in [root, suite] {
      #expect(element.attribute("tests") == "3")
      #expect(element.attribute("failures") == "1")
      #expect(element.attribute("errors") == "1")
    }
    #expect(suite.attribute("name") == "snapsh xml validate")
    let cases = suite.elements(named: "testcase")
    #expect(
      cases.map { $0.attribute("name") } == ["good.xml", "odd #1\n\"quoted\" <&'\u{FFFD}é\\.xml", "gone.xml"])
    #expect(cases.allSatisfy { $0.attribute("classname") == "snapsh.xml.validate" })
    #expect(cases[0].elements.isEmpty)
    let failure = try #require(cases[1].firstElement(named: "failure"))
    #expect(failure.attribute("message") == "<x> is \"wrong\" & 'bad'\u{FFFD}")
    #expect(failure.attribute("type") == "schema")
    #expect(failure.stringValue.split(separator: "\n").count == 2)
    #expect(cases[2].firstElement(named: "error")?.attribute("type") == "read")
  }

  @Test("no document at all makes an empty report of each kind")
  func empty() {
    let report = ExaminationReport(examination: "validate", files: [])
    #expect(TAPReport.render(report) == "TAP version 13\n1..0\n")
    #expect(report.exitStatus == 0)
    #expect(TextReport.render(report, isQuiet: false).isEmpty)
  }
}
