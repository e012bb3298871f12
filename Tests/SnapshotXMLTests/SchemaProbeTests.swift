import Foundation
import SnapshotXML
import TestSupport
import Testing
import XMLTree

/// What is expected of one document below testdata/schemas/probes.
private struct ProbeVerdict: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  /// Every problem that our schema and the rules find, in the order in which they are told.
  let ours: [String]
  /// Every problem that the schema with libvirt 9.0's verdict finds.
  let upstream: [String]

  var testDescription: String { file }

  static func all() throws -> [ProbeVerdict] {
    try JSONDecoder().decode([ProbeVerdict].self, from: Data(testdataBytes("schemas/verdicts.json")))
  }
}

private func schemas(_ name: String) -> SnapshotSchemas {
  SnapshotSchemas(SnapshotSchemas.Paths(snapshot: packageDirectory + "/schemas/" + name), read: readFile)
}

private func readFile(_ path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map { [UInt8]($0) }
}

private func probe(_ file: String) throws -> XMLDocument {
  try XMLDocument.parse(try testdataBytes("schemas/probes/" + file), fileName: file)
}

private func lines(_ problems: [SnapshotProblem]) -> [String] {
  problems.map { "\($0.line) \($0.elementPath): [\($0.check.rawValue)] \($0.message)" }
}

@Suite struct SchemaProbeTests {
  @Test func `there is a verdict for every probe, and for nothing else`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: testdata("schemas/probes"))
    #expect(try ProbeVerdict.all().map(\.file) == files.sorted())
    #expect(files.count >= 100)
  }

  @Test func `our schema and the rules say of each probe exactly what is written down`() throws {
    let validator = SnapshotValidator(schemas("domainsnapshot.rng"), rules: SnapshotRules())
    for verdict in try ProbeVerdict.all() {
      let problems = try validator.problems(in: try probe(verdict.file))
      #expect(lines(problems) == verdict.ours, "\(verdict.file)")
    }
  }

  @Test func `the upstream schema says of each probe exactly what is written down`() throws {
    let validator = SnapshotValidator(schemas("upstream-9.0/domainsnapshot.rng"), rules: nil)
    for verdict in try ProbeVerdict.all() {
      let problems = try validator.problems(in: try probe(verdict.file))
      #expect(lines(problems) == verdict.upstream, "\(verdict.file)")
    }
  }

  @Test func `what is said does not depend on the documents that came before`() throws {
    let validator = SnapshotValidator(schemas("domainsnapshot.rng"), rules: SnapshotRules())
    for verdict in try ProbeVerdict.all().reversed() {
      #expect(lines(try validator.problems(in: try probe(verdict.file))) == verdict.ours, "\(verdict.file)")
    }
  }

  @Test func `libvirt's own schema gives the verdict that the upstream schema gives`() throws {
    let installed = "/usr/share/libvirt/schemas/domainsnapshot.rng"
    try #require(
      FileManager.default.fileExists(atPath: installed),
      "libvirt's schemas are missing: install the Debian package libvirt0, or run scripts/install-dependencies"
    )
    let verdicts = try ProbeVerdict.all()
    let result = try run(
      [try require(tool: "xmllint"), "--noout", "--nonet", "--relaxng", installed] + verdicts.map(\.file),
      directory: testdata("schemas/probes"))
    let valid = Set(
      result.stderr.split(separator: "\n").compactMap { line in
        line.hasSuffix(" validates") ? String(line.dropLast(" validates".count)) : nil
      })
    #expect(valid.count > 40)
    for verdict in verdicts {
      #expect(valid.contains(verdict.file) == verdict.upstream.isEmpty, "\(verdict.file)")
    }
  }

  @Test func `what libvirt 9.0's schema takes, ours takes too, but for what libvirt's parser refuses`() throws
  {
    let stricter = try ProbeVerdict.all().filter { $0.upstream.isEmpty && !$0.ours.isEmpty }.map(\.file)
    #expect(
      stricter == [
        "creation-time-any-text.xml", "disk-name-windows-path.xml", "disk-twice.xml",
        "dump-offline-with-memory.xml", "dump-without-name.xml", "state-with-spaces.xml",
      ])
  }

  @Test func `each of the three errors on mirrors can be reached`() throws {
    let rules = SnapshotRules(allowsMirrors: false)
    let refusing = SnapshotValidator(schemas("domainsnapshot.rng"), rules: rules)
    #expect(
      lines(try refusing.problems(in: try probe("mirror.xml"))) == [
        "5 /domainsnapshot/disks/disk/mirror: [rules] argument unsupported: unable to handle mirroring for 'vda'"
      ])
    let taking = SnapshotValidator(schemas("domainsnapshot.rng"), rules: SnapshotRules())
    #expect(
      lines(try taking.problems(in: try probe("mirror-without-file.xml"))).last
        == "5 /domainsnapshot/disks/disk/mirror: [rules] XML error: mirror for 'vda' requires file attribute")
    #expect(
      lines(try taking.problems(in: try probe("mirror-on-internal.xml"))).last
        == "4 /domainsnapshot/disks/disk/mirror: [rules] XML error: mirror for 'vda' requires external snapshot"
    )
  }
}

@Suite struct SchemaDumpTests {
  @Test func `whatever libvirt has printed or kept is valid, the guest's definition inside it too`() throws {
    let libvirts = "/usr/share/libvirt/schemas/"
    try #require(
      FileManager.default.fileExists(atPath: libvirts + "domain.rng"), "install the Debian package libvirt0")
    let paths = SnapshotSchemas.Paths(
      snapshot: packageDirectory + "/schemas/domainsnapshot.rng", domain: libvirts + "domain.rng",
      inactiveDomain: libvirts + "inactiveDomain.rng")
    let validator = SnapshotValidator(SnapshotSchemas(paths, read: readFile), rules: SnapshotRules())
    var count = 0
    for directory in ["dumps", "metadata", "unusual"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: testdata("snapshotxml/\(directory)"))
      for name in names.sorted() {
        let file = "snapshotxml/\(directory)/\(name)"
        let document = try XMLDocument.parse(try testdataBytes(file), fileName: file)
        #expect(lines(try validator.problems(in: document)) == [], "\(file)")
        #expect(SnapshotRoundTrip().problems(in: document) == [], "\(file)")
        count += 1
      }
    }
    #expect(count >= 20)
  }

  @Test func `a mistake inside the guest's definition is told where it stands in the whole document`() throws
  {
    let text = """
      <domainsnapshot xmlns:x='urn:x'>
        <disks/>
        <domain type='kvm'>
          <name>g</name>
          <memory unit='KiB'>x</memory>
          <x:unknown/>
          <os><type>hvm</type></os>
        </domain>
        <inactiveDomain type='kvm'>
          <name>g</name>
          <memory>1</memory>
          <os><type>hvm</type></os>
          <devices>
            <disk type='file'><target dev='vda' buss='virtio'/></disk>
          </devices>
        </inactiveDomain>
      </domainsnapshot>
      """
    let libvirts = "/usr/share/libvirt/schemas/"
    let paths = SnapshotSchemas.Paths(
      snapshot: packageDirectory + "/schemas/domainsnapshot.rng", domain: libvirts + "domain.rng",
      inactiveDomain: libvirts + "inactiveDomain.rng")
    let validator = SnapshotValidator(SnapshotSchemas(paths, read: readFile), rules: SnapshotRules())
    let found = lines(try validator.problems(in: try XMLDocument.parse(text)))
    #expect(found.count == 3)
    #expect(
      found.first
        == "5 /domainsnapshot/domain/memory: [domain-schema] the text of <memory> is 'x', not a valid unsignedLong"
    )
    #expect(
      found.dropFirst().first?.hasPrefix(
        "6 /domainsnapshot/domain/x:unknown: [domain-schema] <x:unknown> is not allowed in <domain>; allowed there: "
      )
        == true)
    #expect(
      found.last
        == "14 /domainsnapshot/inactiveDomain/devices/disk/target: [domain-schema] "
        + "attribute 'buss' is not allowed on <target>; did you mean 'bus'?")
  }
}
