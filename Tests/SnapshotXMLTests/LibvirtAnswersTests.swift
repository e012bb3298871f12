import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

/// A document and what libvirt 9.0 said to it (`virDomainSnapshotCreateXML` on the test driver).
struct Answer: Decodable, CustomStringConvertible {
  let mode: String
  let xml: String
  let code: Int32?
  let domain: Int32?
  let message: String?

  var description: String { "\(mode) \(xml)" }
  var readingMode: SnapshotDocument.Mode { mode == "create" ? .create : .redefine }

  static func all(in file: String) throws -> [Answer] {
    try JSONDecoder().decode([Answer].self, from: Data(testdataBytes("snapshotxml/\(file)")))
  }
}

/// A redefinition put together at random, and what libvirt 9.0 made of it.
struct Mixture: Decodable {
  let xml: String
  let code: Int32?
  let domain: Int32?
  let message: String?
  let formatted: String?
}

/// One `<disk>` as asked for, and as libvirt 9.0 printed it afterwards.
struct DiskForm: Decodable {
  let disk: String
  let formatted: String
}

@Suite struct LibvirtAnswersTests {
  @Test(arguments: try Answer.all(in: "refusals.json"))
  func `what libvirt's parser refuses is refused with its code, domain and words`(answer: Answer) throws {
    let error = try #require(throws: SnapshotXMLError.self) {
      try SnapshotDocument.parse(Array(answer.xml.utf8), mode: answer.readingMode, allowMirrors: true)
    }
    #expect(error.message == answer.message)
    #expect(error.code.rawValue == answer.code)
    #expect(error.domain.rawValue == answer.domain)
    #expect(error.line == 1)
    #expect(error.elementPath.hasPrefix("/"))
  }

  @Test(arguments: try Answer.all(in: "accepted.json"))
  func `what libvirt's parser takes is taken`(answer: Answer) throws {
    _ = try SnapshotDocument.parse(Array(answer.xml.utf8), mode: answer.readingMode, allowMirrors: true)
  }

  @Test func `documents wrong or right in many ways at once get libvirt's first complaint or its text`()
    throws
  {
    let mixtures = try JSONDecoder().decode(
      [Mixture].self, from: Data(testdataBytes("snapshotxml/mixtures.json")))
    #expect(mixtures.count == 250)
    for mixture in mixtures {
      do {
        let snapshot = try SnapshotDocument.parse(
          Array(mixture.xml.utf8), mode: .redefine, allowMirrors: false)
        #expect(snapshot.text() == mixture.formatted, "\(mixture.xml)")
      } catch {
        #expect(error.message == mixture.message, "\(mixture.xml)")
        #expect(error.code.rawValue == mixture.code && error.domain.rawValue == mixture.domain)
      }
    }
  }

  @Test func `each form of a disk is written as libvirt writes it, and read back as the same`() throws {
    let forms = try JSONDecoder().decode(
      [DiskForm].self, from: Data(testdataBytes("snapshotxml/disk-forms.json")))
    #expect(forms.count > 100)
    for form in forms {
      let head = "<domainsnapshot>\n  <name>n</name>\n  <state>disk-snapshot</state>\n"
      let tail = "  </disks>\n</domainsnapshot>\n"
      let input = head + "  <creationTime>5</creationTime>\n  <disks>\n" + form.disk + "\n" + tail
      let snapshot = try SnapshotDocument.parse(Array(input.utf8), mode: .redefine, allowMirrors: false)
      let expected =
        head + "  <creationTime>5</creationTime>\n  <memory snapshot='no'/>\n  <disks>\n" + form.formatted
        + tail
      #expect(snapshot.text() == expected, "\(form.disk)")
      // A network disk without a name is printed by libvirt in a form that libvirt itself cannot read.
      guard !form.formatted.contains("protocol='none'/>"), !form.formatted.contains("protocol='iscsi'/>")
      else {
        #expect(throws: SnapshotXMLError.self) {
          try SnapshotDocument.parse(snapshot.bytes(), mode: .redefine, allowMirrors: false)
        }
        continue
      }
      let again = try SnapshotDocument.parse(snapshot.bytes(), mode: .redefine, allowMirrors: false)
      #expect(again.text() == expected)
    }
  }
}
