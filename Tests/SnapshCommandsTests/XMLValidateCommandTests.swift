import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("xml validate: verdicts, places and reasons")
struct XMLValidateCommandTests {
  @Test("a good document is named as valid, a bad one with line, element and reason")
  func verdicts() throws {
    let fixture = try XMLCommandFixture(["a.xml": XMLCommandFixture.good, "b.xml": XMLCommandFixture.bad])
    let good = fixture.run("xml", "validate", "a.xml")
    #expect(good.output == "a.xml: valid\n")
    #expect(good.error.isEmpty)
    #expect(good.status == 0)
    let bad = fixture.run("xml", "validate", "b.xml")
    #expect(bad.output == "b.xml:2: /domainsnapshot/nmae: \(XMLCommandFixture.badReason)\n")
    #expect(bad.error.isEmpty)
    #expect(bad.status == 1)
  }

  @Test("results come in the order given, the same file twice is examined twice, the counts close the list")
  func order() throws {
    let fixture = try XMLCommandFixture(["a.xml": XMLCommandFixture.good, "b.xml": XMLCommandFixture.bad])
    let result = fixture.run("xml", "validate", "b.xml", "a.xml", "/no/such", "b.xml")
    let badLine = "b.xml:2: /domainsnapshot/nmae: \(XMLCommandFixture.badReason)\n"
    #expect(
      result.output
        == badLine + "a.xml: valid\n/no/such: cannot be read: No such file or directory\n" + badLine
        + "4 files: 1 valid, 2 invalid, 1 unreadable\n")
    #expect(result.status == 2)
    #expect(fixture.run("-q", "xml", "validate", "a.xml", "b.xml").output == badLine)
    #expect(fixture.run("-q", "xml", "validate", "a.xml").output.isEmpty)
  }

  @Test("the JSON object has every file with its problems, and the counts")
  func json() throws {
    let fixture = try XMLCommandFixture(["a.xml": XMLCommandFixture.good, "b.xml": XMLCommandFixture.bad])
    let expected =
      #"{"examination":"validate","files":[{"file":"a.xml","problems":[],"status":"valid"},"#
      + #"{"file":"b.xml","problems":[{"check":"schema","line":2,"#
      + #""message":"\#(XMLCommandFixture.badReason)","path":"/domainsnapshot/nmae"}],"status":"invalid"},"#
      + #"{"file":"/no/such","problems":[{"check":"read","message":"cannot be read: No such file or directory"}],"#
      + #""status":"unreadable"}],"summary":{"invalid":1,"total":3,"unreadable":1,"valid":1}}"# + "\n"
    let byOption = fixture.run("xml", "validate", "--output", "json", "a.xml", "b.xml", "/no/such")
    #expect(byOption.output == expected)
    #expect(byOption.status == 2)
    #expect(fixture.run("--json", "xml", "validate", "a.xml", "b.xml", "/no/such").output == expected)
    #expect(fixture.run("xml", "validate", "--json", "a.xml", "b.xml", "/no/such").output == expected)
  }

  @Test("--strict-upstream gives the verdict of libvirt 9.0's schema: no mirror, and its oddities")
  func strictUpstream() throws {
    let fixture = try XMLCommandFixture()
    let probes = testdata("schemas/probes/")
    let mirror = probes + "mirror.xml"
    #expect(fixture.run("xml", "validate", mirror).status == 0)
    let strict = fixture.run("xml", "validate", "--strict-upstream", mirror)
    #expect(
      strict.output
        == "\(mirror):5: /domainsnapshot/disks/disk/mirror: <mirror> is not allowed in <disk>; allowed there: <driver>\n"
    )
    #expect(strict.status == 1)
    #expect(fixture.run("xml", "validate", probes + "state-with-spaces.xml").status == 1)
    #expect(fixture.run("xml", "validate", "--strict-upstream", probes + "state-with-spaces.xml").status == 0)
    let withRules = fixture.run(
      "xml", "validate", "--strict-upstream", "--mode", "redefine", probes + "state-with-spaces.xml")
    #expect(withRules.output.contains("XML error: a redefined snapshot must have a name"))
  }

  @Test(
    "--no-mirror refuses a mirror as a caller must that cannot act on it; --schema-only leaves the rules out")
  func mirrors() throws {
    let fixture = try XMLCommandFixture()
    let mirror = testdata("schemas/probes/mirror.xml")
    #expect(
      fixture.run("xml", "validate", "--no-mirror", mirror).output
        == "\(mirror):5: /domainsnapshot/disks/disk/mirror: "
        + "argument unsupported: unable to handle mirroring for 'vda'\n")
    let twice = testdata("schemas/probes/disk-twice.xml")
    #expect(fixture.run("xml", "validate", twice).status == 1)
    #expect(fixture.run("xml", "validate", "--schema-only", twice).status == 0)
  }

  @Test("--mode says how libvirt would read the document; auto looks at what it is")
  func modes() throws {
    let fixture = try XMLCommandFixture([
      "request.xml": XMLCommandFixture.good,
      "dump.xml": "<domainsnapshot><state>shutoff</state><creationTime>5</creationTime></domainsnapshot>",
      "metadata.xml":
        "<domainsnapshot><name>n</name><state>shutoff</state><creationTime>5</creationTime>"
        + "<domain><uuid>c7a5fdbdedaf9455926ad65c16db1809</uuid></domain></domainsnapshot>",
    ])
    #expect(
      fixture.run("xml", "validate", "dump.xml").output
        == "dump.xml:1: /domainsnapshot: XML error: a redefined snapshot must have a name\n")
    #expect(fixture.run("xml", "validate", "--mode", "create", "dump.xml").status == 0)
    #expect(
      fixture.run("xml", "validate", "--mode=redefine", "request.xml").output
        == "request.xml:1: /domainsnapshot: XML error: missing state from existing snapshot\n"
        || fixture.run("xml", "validate", "--mode=redefine", "request.xml").status == 1)
    #expect(fixture.run("xml", "validate", "metadata.xml").status == 0)
    #expect(
      fixture.run("xml", "validate", "--mode", "internal", "metadata.xml").output
        == "metadata.xml:1: /domainsnapshot: internal error: Could not find 'active' element\n")
  }

  @Test("--domain-schema checks the guest's definition with libvirt's schemas, those of a directory, or none")
  func domainSchema() throws {
    let fixture = try XMLCommandFixture([
      "d.xml":
        "<domainsnapshot><domain type='kvm'><name>g</name>\n<memory>x</memory><os><type>hvm</type></os></domain></domainsnapshot>"
    ])
    let reason = "/domainsnapshot/domain/memory: the text of <memory> is 'x', not a valid unsignedLong\n"
    #expect(fixture.run("xml", "validate", "d.xml").output == "d.xml:2: " + reason)
    #expect(
      fixture.run("xml", "validate", "--domain-schema", "/usr/share/libvirt/schemas", "d.xml").output
        == "d.xml:2: " + reason)
    #expect(fixture.run("xml", "validate", "--domain-schema", "none", "d.xml").output == "d.xml: valid\n")
    let missing = fixture.run("xml", "validate", "--domain-schema", "/no/such", "d.xml")
    #expect(
      missing.error
        == "error: the documents cannot be examined\n"
        + "error: the directory '/no/such' holds no readable domain.rng, which --domain-schema needs\n")
    #expect(missing.status == 2)
    #expect(missing.output.isEmpty)
  }

  @Test(
    "a command line that makes no sense is refused with exit status 2 and one sentence",
    arguments: [
      (["--output", "yaml", "a"], "unknown output 'yaml': choose one of text, json, junit, tap"),
      (["--mode", "both", "a"], "unknown mode 'both': choose one of auto, create, redefine, internal"),
      (["-", "a", "-"], "'-' is given twice, but standard input can be read only once"),
      (
        ["--schema-only", "--no-mirror", "a"], "Options --schema-only and --no-mirror are mutually exclusive"
      ),
    ])
  func refusals(arguments: [String], message: String) throws {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["xml", "validate"] + arguments, environment: [:], console: Console(output: output, error: error))
    #expect(error.text == "error: \(message)\n")
    #expect(output.text.isEmpty)
    #expect(status == 2)
  }

  @Test("many documents are examined on several threads, and none gets another's verdict")
  func many() throws {
    var files: [String: String] = [:]
    for index in 0..<200 {
      files["\(index).xml"] =
        index % 3 == 0
        ? "<domainsnapshot>\n<name>\(index)</name>\n</domainsnapshot>"
        : "<domainsnapshot>\n" + String(repeating: "\n", count: index) + "<x\(index)/></domainsnapshot>"
    }
    let fixture = try XMLCommandFixture(files)
    let output = MemorySink()
    let names = (0..<200).map { fixture.path("\($0).xml") }
    let status = Tool.run(
      ["-q", "xml", "validate"] + names, environment: ["SNAPSH_SCHEMA_DIR": packageDirectory + "/schemas"],
      console: Console(output: output, error: MemorySink()))
    let expected = (0..<200).filter { $0 % 3 != 0 }.map { index in
      "\(names[index]):\(index + 2): /domainsnapshot/x\(index): <x\(index)> is not allowed in <domainsnapshot>; "
        + "allowed there: <name>, <description>, <state>, <parent>, <creationTime>, <memory>, <disks>, "
        + "<revertDisks>, <domain>, <inactiveDomain>, <cookie>, <active>\n"
    }
    #expect(output.text == expected.joined())
    #expect(status == 1)
  }
}
