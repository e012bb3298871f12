import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

/// What `snapshot-dumpxml` of libvirt 9.0 printed: `test-*` by the test driver, `qemu-*` for a guest run by QEMU 7.2.
private func dumps(in directory: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: testdata("snapshotxml/\(directory)"))
    .filter { $0.hasSuffix(".xml") }.sorted().map { "snapshotxml/\(directory)/\($0)" }
}

@Suite struct LibvirtDumpsTests {
  @Test func `there are at least nineteen differently made snapshots of both drivers`() throws {
    let names = try dumps(in: "dumps")
    #expect(names.filter { $0.contains("/test-") }.count >= 9)
    #expect(names.filter { $0.contains("/qemu-") }.count >= 10)
  }

  @Test(arguments: try dumps(in: "dumps") + dumps(in: "unusual"))
  func `a dump comes back byte for byte and reads as the same snapshot`(file: String) throws {
    let bytes = try testdataBytes(file)
    for mode in [SnapshotDocument.Mode.redefine, .any] {
      let snapshot = try SnapshotDocument.parse(bytes, fileName: file, mode: mode, allowMirrors: false)
      #expect(snapshot.text() == String(decoding: bytes, as: UTF8.self))
      #expect(snapshot.bytes() == bytes)
      #expect(try SnapshotDocument.parse(snapshot.bytes(), mode: mode, allowMirrors: false) == snapshot)
    }
    #expect(
      SnapshotXMLRules.problems(in: try XMLDocument.parse(bytes), mode: .redefine, allowMirrors: false)
        .isEmpty)
  }

  @Test(arguments: try dumps(in: "dumps") + dumps(in: "unusual"))
  func `a dump on one line, and one laid out differently, read as the same snapshot`(file: String) throws {
    let bytes = try testdataBytes(file)
    let snapshot = try SnapshotDocument.parse(bytes, mode: .any, allowMirrors: false)
    let document = try XMLDocument.parse(bytes)
    let dense = XMLDocument(root: document.root.withoutLayout()).bytes(layout: .asParsed)
    #expect(!dense.dropLast().elementsEqual(bytes.dropLast()))
    #expect(try SnapshotDocument.parse(dense, mode: .any, allowMirrors: false) == snapshot)
    #expect(try SnapshotDocument.parse(dense, mode: .any, allowMirrors: false).bytes() == bytes)
  }

  @Test(arguments: try dumps(in: "metadata"))
  func `libvirt's own metadata file is read with its mark of the current snapshot`(file: String) throws {
    let bytes = try testdataBytes(file)
    let text = String(decoding: bytes, as: UTF8.self)
    let snapshot = try SnapshotDocument.parse(
      bytes, fileName: file, mode: .internalMetadata, allowMirrors: false)
    #expect(snapshot.isActive == text.contains("<active>1</active>"))
    #expect(text.hasSuffix("\n\n" + snapshot.text()))
    #expect(throws: Never.self) {
      try SnapshotDocument.parse(bytes, mode: .redefine, allowMirrors: false)
    }
  }

  @Test func `the parts of a dump are where a caller looks for them`() throws {
    let snapshot = try SnapshotDocument.parse(
      testdataBytes("snapshotxml/dumps/test-memory-external.xml"), mode: .redefine, allowMirrors: false)
    #expect(snapshot.name == "memory-external")
    #expect(snapshot.state == .running)
    #expect(snapshot.memory == SnapshotMemory(location: .external, file: "/var/lib/images/web.mem"))
    #expect(snapshot.disks.map(\.name) == ["vda", "vdb", "vdc", "sda"])
    #expect(snapshot.disks.map(\.location) == [.external, .external, .external, .no])
    #expect(snapshot.disks.map(\.storageType) == [.file, .block, .network, .file])
    #expect(snapshot.disks[0].metadataCacheMaximumSize == 8 << 20)
    #expect(
      snapshot.disks[1].source?.securityLabels == [
        .init(model: "selinux", relabels: false), .init(model: "dac", label: "+64055:+64055"),
      ])
    #expect(
      snapshot.disks[2].source?.network?.hosts == [
        .address(name: "mon1", port: 6789, usesRDMA: false),
        .address(name: "mon2", port: nil, usesRDMA: false),
      ])
    #expect(snapshot.domain?.firstElement(named: "name")?.stringValue == "web")
  }
}
