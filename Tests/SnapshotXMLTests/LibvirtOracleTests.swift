import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

/// libvirt itself is asked, through virsh on its test driver: the same text goes to both, both answers must be the same.
@Suite struct LibvirtOracleTests {
  /// Dumps of the guest "web" whose disks are all listed, so that libvirt has nothing to add.
  static let files = [
    "dumps/test-root", "dumps/test-memory-external", "dumps/test-redefined-disk-only",
    "dumps/test-redefined-inactive",
    "dumps/test-redefined-internal", "unusual/test-redefined-nvme", "dumps/test-redefined-paused",
    "dumps/test-disks-no",
  ]

  /// Ways to write the same dump differently.
  enum Disguise: CaseIterable {
    case none
    case onOneLine
    case backwards

    func text(of dump: [UInt8]) throws -> [UInt8] {
      var document = try XMLDocument.parse(dump)
      document.root.children.removeAll { node in
        guard case .element(let element) = node else { return false }
        return element.name == "parent"
      }
      switch self {
      case .none: return document.bytes(layout: .asParsed)
      case .onOneLine: return document.root.withoutLayout().bytes(layout: .asParsed)
      case .backwards:
        document.root.children = document.root.children.reversed().map { node in
          guard case .element(let element) = node, element.name == "disks" else { return node }
          // libvirt puts the disks into the guest's own order.
          var disks = element
          disks.children = reversed(element).children.reversed()
          return .element(disks)
        }
        return document.bytes(layout: .asParsed)
      }
    }

    private func reversed(_ element: XMLElement) -> XMLElement {
      var copy = element
      copy.attributes.reverse()
      copy.children = element.children.reversed().map { node in
        guard case .element(let child) = node else { return node }
        return .element(reversed(child))
      }
      return copy
    }
  }

  @Test(arguments: files, Disguise.allCases)
  func `libvirt and we write a redefined snapshot with the same bytes`(file: String, disguise: Disguise)
    throws
  {
    let dump = try testdataBytes("snapshotxml/\(file).xml")
    let input = try disguise.text(of: dump)
    let scratch = try TemporaryDirectory()
    let domain = try #require(try XMLDocument.parse(dump).root.firstElement(named: "domain"))
    let domainFile = try scratch.write(domain.bytes(layout: .libvirt), to: "domain.xml")
    let snapshotFile = try scratch.write(input, to: "snapshot.xml")
    let name = file.split(separator: "/test-").last.map(String.init) ?? ""

    let commands =
      "define \(domainFile); snapshot-create web \(snapshotFile) --redefine; snapshot-dumpxml web \(name)"
    let answer = try virsh(["-q", "-c", "test:///default", commands], timeout: 60).check().stdout
    let start = try #require(answer.range(of: "<domainsnapshot>"))
    let snapshot = try SnapshotDocument.parse(input, mode: .redefine, allowMirrors: false)
    #expect(snapshot.text() == String(answer[start.lowerBound...]))
  }

  @Test func `a snapshot that libvirt has just made comes back byte for byte`() throws {
    let commands = "snapshot-create-as test made 'in the <test> & \"now\"'; snapshot-dumpxml test made"
    let answer = try virsh(["-q", "-c", "test:///default", commands], timeout: 60).check().stdout
    let start = try #require(answer.range(of: "<domainsnapshot>"))
    let dump = String(answer[start.lowerBound...])
    let snapshot = try SnapshotDocument.parse(Array(dump.utf8), mode: .redefine, allowMirrors: false)
    #expect(snapshot.description == "in the <test> & \"now\"")
    #expect(snapshot.text() == dump)
  }
}
