import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("xml format: libvirt's layout, printed, checked or written back")
struct XMLFormatCommandTests {
  private static let untidy =
    "<?xml version=\"1.0\"?><domainsnapshot><disks><disk name=\"vda\"><source file=\"/a\"/>"
    + "<mirror file=\"/b\"/></disk></disks><name>n &#38; m</name></domainsnapshot>"
  private static let tidy = """
    <domainsnapshot>
      <name>n &amp; m</name>
      <disks>
        <disk name='vda' snapshot='external' type='file'>
          <source file='/a'/>
          <mirror file='/b'/>
        </disk>
      </disks>
    </domainsnapshot>

    """

  @Test("the document is printed as libvirt would print it")
  func prints() throws {
    let fixture = try XMLCommandFixture(["a.xml": Self.untidy])
    let result = fixture.run("xml", "format", "a.xml")
    #expect(result.output == Self.tidy)
    #expect(result.status == 0)
    let json = fixture.run("xml", "format", "--json", "a.xml")
    #expect(
      json.output.hasPrefix(
        #"{"files":[{"changes":true,"file":"a.xml","outcome":"formatted","text":"<domainsn"#))
  }

  @Test(
    "what libvirt has printed comes back unchanged",
    arguments: ["qemu-network", "qemu-entities-and-utf8", "test-redefined-inactive"])
  func dumps(name: String) throws {
    let fixture = try XMLCommandFixture()
    let dump = testdata("snapshotxml/dumps/\(name).xml")
    #expect(
      fixture.run("xml", "format", dump).output
        == String(decoding: try testdataBytes("snapshotxml/dumps/\(name).xml"), as: UTF8.self))
    let check = fixture.run("xml", "format", "--check", dump)
    #expect(check.output.isEmpty)
    #expect(check.status == 0)
  }

  @Test("--check names what would be changed, and what is not valid, and changes nothing")
  func check() throws {
    let fixture = try XMLCommandFixture([
      "a.xml": Self.untidy, "b.xml": Self.tidy, "c.xml": XMLCommandFixture.bad,
    ])
    let result = fixture.run("xml", "format", "--check", "b.xml", "a.xml", "c.xml")
    #expect(
      result.output
        == "a.xml: would be changed\nc.xml:2: /domainsnapshot/nmae: \(XMLCommandFixture.badReason)\n")
    #expect(result.status == 1)
    #expect(try String(contentsOfFile: fixture.path("a.xml"), encoding: .utf8) == Self.untidy)
    #expect(
      fixture.run("xml", "format", "--check", "--json", "b.xml", "a.xml").output
        == #"{"files":[{"file":"b.xml","outcome":"unchanged"},{"file":"a.xml","outcome":"would-change"}]}"#
        + "\n")
  }

  @Test("--in-place writes back what differs, keeps mode and links, and leaves nothing else behind")
  func inPlace() throws {
    let fixture = try XMLCommandFixture(["a.xml": Self.untidy, "b.xml": Self.tidy])
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: fixture.path("a.xml"))
    try manager.createSymbolicLink(atPath: fixture.path("link.xml"), withDestinationPath: "a.xml")
    let before = try manager.attributesOfItem(atPath: fixture.path("b.xml"))[.systemFileNumber] as? Int
    let result = fixture.run("xml", "format", "--in-place", "link.xml", "b.xml")
    #expect(result.output == "link.xml: changed\n")
    #expect(result.status == 0)
    #expect(try String(contentsOfFile: fixture.path("a.xml"), encoding: .utf8) == Self.tidy)
    #expect(try manager.attributesOfItem(atPath: fixture.path("a.xml"))[.posixPermissions] as? Int == 0o640)
    #expect(try manager.destinationOfSymbolicLink(atPath: fixture.path("link.xml")) == "a.xml")
    #expect(try manager.attributesOfItem(atPath: fixture.path("b.xml"))[.systemFileNumber] as? Int == before)
    #expect(fixture.directory.files == ["a.xml", "b.xml", "link.xml"])
    #expect(fixture.run("xml", "format", "--in-place", "a.xml").output.isEmpty)
  }

  @Test("a document that is not valid is left alone: what is unknown in it would be lost")
  func refusesInvalid() throws {
    let fixture = try XMLCommandFixture(["c.xml": XMLCommandFixture.bad])
    let result = fixture.run("xml", "format", "c.xml")
    #expect(result.output.isEmpty)
    #expect(result.error == "error: c.xml:2: /domainsnapshot/nmae: \(XMLCommandFixture.badReason)\n")
    #expect(result.status == 1)
    #expect(fixture.run("xml", "format", "--in-place", "c.xml").status == 1)
    #expect(try String(contentsOfFile: fixture.path("c.xml"), encoding: .utf8) == XMLCommandFixture.bad)
  }

  @Test("a file that cannot be written back is as it was, and the exit status is 2")
  func cannotWrite() throws {
    let fixture = try XMLCommandFixture()
    // The kernel's own files take no new neighbour, not even from root.
    let result = fixture.run("xml", "format", "--in-place", "/no/such.xml")
    #expect(result.output == "/no/such.xml: cannot be read: No such file or directory\n")
    #expect(result.status == 2)
    #expect(throws: (any Error).self) { try FileReplacement.replace("/proc/self/status", with: [1]) }
  }

  @Test("several documents cannot be printed, and standard input cannot be written back")
  func nonsense() throws {
    let fixture = try XMLCommandFixture()
    let several = fixture.run("xml", "format", "a", "b")
    #expect(several.error == "error: only one document can be printed; several need --check or --in-place\n")
    #expect(several.status == 2)
    let input = fixture.run("xml", "format", "--in-place", "-")
    #expect(input.error == "error: standard input cannot be written back; leave --in-place away\n")
    let both = fixture.run("xml", "format", "--in-place", "--check", "a")
    #expect(both.error == "error: Options --check and --in-place are mutually exclusive\n")
  }
}

@Suite("xml roundtrip: nothing changes on the way")
struct XMLRoundTripCommandTests {
  @Test("a document that survives is said to, one that libvirt could not read is told why")
  func verdicts() throws {
    let fixture = try XMLCommandFixture([
      "a.xml": XMLCommandFixture.good, "b.xml": "<domainsnapshot>\n<state>nostate</state></domainsnapshot>",
    ])
    let result = fixture.run("xml", "roundtrip", "a.xml", "b.xml", "/no/such")
    #expect(
      result.output
        == "a.xml: round-trips\n"
        + "b.xml:2: /domainsnapshot/state: unsupported configuration: Invalid state 'nostate' in domain snapshot XML\n"
        + "/no/such: cannot be read: No such file or directory\n"
        + "3 files: 1 round-trip, 1 invalid, 1 unreadable\n")
    #expect(result.status == 2)
    #expect(fixture.run("xml", "roundtrip", "a.xml").status == 0)
    #expect(
      fixture.run("xml", "roundtrip", "--output", "tap", "a.xml").output
        == "TAP version 13\n1..1\nok 1 - a.xml\n")
  }

  @Test("what does not survive is said to, with the place where the texts part")
  func changes() throws {
    // libvirt does not print a creation time of 0, so the snapshot cannot be read again as one that existed.
    let fixture = try XMLCommandFixture([
      "zero.xml":
        "<domainsnapshot><name>n</name><state>shutoff</state><creationTime>0</creationTime></domainsnapshot>"
    ])
    let result = fixture.run("xml", "roundtrip", "zero.xml")
    #expect(
      result.output
        == "zero.xml: /domainsnapshot: what is written of it cannot be read again: line 1: "
        + "internal error: missing creationTime from existing snapshot\n")
    #expect(result.status == 1)
  }
}
