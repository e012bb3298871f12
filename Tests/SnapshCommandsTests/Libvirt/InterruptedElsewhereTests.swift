import Foundation
import Libvirt
import Operations
import SystemPackage
import TestSupport
import Testing

@testable import SnapshCommands

/// What `doctor` makes of journals that are not of a domain under the libvirt that it works with.
@Suite("doctor tells of interrupted operations wherever they were begun")
struct InterruptedElsewhereTests {
  private static let uuid = "11111111-dddd-4ddd-8ddd-000000000007"
  private let directory: TemporaryDirectory
  private let journals: FilePath
  private let uri: String

  init() throws {
    directory = try TemporaryDirectory(prefix: "snapsh-doctor")
    uri =
      try "test://"
      + directory.write(
        text: """
          <node><domain type='test'><name>guest</name><uuid>\(Self.uuid)</uuid><memory>8192</memory>
          <os><type>hvm</type></os></domain></node>
          """, to: "node.xml")
    journals = try #require(StateDirectory(environment: ["XDG_STATE_HOME": directory.file("state")]).journals)
  }

  /// A journal of a restore that was lost with nothing but its last tidying left to do.
  private func leave(under uri: String, uuid: String) throws {
    let parameters = #"{"drafts":[],"ending":"defined","files":[],"uuid":"\#(uuid)"}"#
    var record = try OperationJournal.Record(
      operation: "restore", uri: uri, domainUUID: uuid, domain: "lost", parameters: [String]())
    record.parameters = parameters
    record.begun = 3
    let encoder = JSONEncoder()
    try directory.write(
      encoder.encode(record), to: "\(journals.string.dropFirst(directory.path.count + 1))/left.json")
  }

  private func run(_ arguments: String...) -> (status: Int32, output: String, error: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["-c", uri] + arguments, environment: ["XDG_STATE_HOME": directory.file("state")],
      console: Console(output: output, error: error))
    return (status, output.text, error.text)
  }

  @Test("one of a domain that libvirt does not know is said to be finished where it is, and then it is")
  func forward() throws {
    try leave(under: uri, uuid: "11111111-dddd-4ddd-8ddd-000000000008")
    let told = run("doctor")
    #expect(told.status == 2, "\(told)")
    #expect(told.output.contains("--fix would: do the rest of the restore\n"), "\(told)")
    #expect(told.output.contains("what it had begun cannot be taken back any more"), "\(told)")
    let mended = run("doctor", "--fix")
    #expect(mended.status == 0, "\(mended)")
    #expect(mended.output == "done: do the rest of the restore\n")
    #expect(OperationJournal.all(in: journals).isEmpty)
  }

  @Test("one under another URI is told of and left alone")
  func elsewhere() throws {
    try leave(under: "test:///elsewhere", uuid: Self.uuid)
    for words in [["doctor"], ["doctor", "--fix"]] {
      let told = words.count == 1 ? run(words[0]) : run(words[0], words[1])
      #expect(told.status == 2, "\(told)")
      #expect(
        told.output.contains("was interrupted under 'test:///elsewhere' (process \(getpid()) is gone)"),
        "\(told)")
      #expect(
        told.output.contains("  mend it there: snapsh -c 'test:///elsewhere' doctor lost --fix\n"), "\(told)")
    }
    #expect(OperationJournal.all(in: journals).count == 1)
  }
}
