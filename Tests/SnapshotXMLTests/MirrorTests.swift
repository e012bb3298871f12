import SnapshotXML
import Testing
import XMLTree

/// `<mirror>`, by the rules of the proposal to libvirt of March 2012.
@Suite struct MirrorTests {
  private func read(_ disk: String, allowMirrors: Bool = true) throws -> SnapshotDocument {
    try SnapshotDocument.parse(
      Array("<domainsnapshot>\n<disks>\n\(disk)\n</disks></domainsnapshot>".utf8), fileName: "in.xml",
      mode: .create, allowMirrors: allowMirrors)
  }

  private func failure(_ disk: String, allowMirrors: Bool = true) throws -> SnapshotXMLError {
    try #require(throws: SnapshotXMLError.self) { try read(disk, allowMirrors: allowMirrors) }
  }

  @Test func `the proposal's example reads, formats and comes back, explicit and inferred`() throws {
    let example = """
      <domainsnapshot>
        <name>my snap name</name>
        <description>! #$%^</description>
        <disks>
          <disk name='hda' snapshot='external'>
            <source file='/path/to/new'/>
            <mirror file='/path/to/other'/>
          </disk>
          <disk name='hdb'>
            <mirror file='/path/to/other2'/>
          </disk>
        </disks>
      </domainsnapshot>
      """
    let snapshot = try SnapshotDocument.parse(Array(example.utf8), mode: .create, allowMirrors: true)
    #expect(snapshot.disks.map(\.location) == [.external, .external])
    #expect(snapshot.disks.map(\.mirror) == ["/path/to/other", "/path/to/other2"])
    #expect(snapshot.disks.map { $0.source?.path } == ["/path/to/new", nil])
    let canonical = """
      <domainsnapshot>
        <name>my snap name</name>
        <description>! #$%^</description>
        <disks>
          <disk name='hda' snapshot='external' type='file'>
            <source file='/path/to/new'/>
            <mirror file='/path/to/other'/>
          </disk>
          <disk name='hdb' snapshot='external'>
            <mirror file='/path/to/other2'/>
          </disk>
        </disks>
      </domainsnapshot>

      """
    #expect(snapshot.text() == canonical)
    #expect(try SnapshotDocument.parse(Array(canonical.utf8), mode: .create, allowMirrors: true) == snapshot)
  }

  @Test func `a caller that cannot mirror gets the first mirror named, even a wrong one`() throws {
    for disk in [
      "<disk name='vda'><mirror file='/m'/></disk>", "<disk name='vda' snapshot='no'><mirror/></disk>",
    ] {
      let error = try failure(disk, allowMirrors: false)
      #expect(error.message == "argument unsupported: unable to handle mirroring for 'vda'")
      #expect(error.code.rawValue == 74 && error.domain.rawValue == 35)
      #expect(error.line == 3)
      #expect(error.elementPath == "/domainsnapshot/disks/disk/mirror")
      #expect(
        error.description
          == "in.xml:3: /domainsnapshot/disks/disk/mirror: argument unsupported: unable to handle mirroring for 'vda'"
      )
    }
  }

  @Test(arguments: [
    "<mirror/>", "<mirror file=''/>", "<mirror dev='/m'/>", "<mirror><x file='/m'/></mirror>",
  ])
  func `a mirror without a file is refused`(mirror: String) throws {
    let error = try failure("<disk name='vda' snapshot='external'>\(mirror)</disk>")
    #expect(error.message == "XML error: mirror for 'vda' requires file attribute")
    #expect(error.code.rawValue == 27)
  }

  @Test(arguments: ["no", "internal", "manual"])
  func `a mirror of a disk that is not external is refused`(location: String) throws {
    let error = try failure("<disk name='vda' snapshot='\(location)'><mirror file='/m'/></disk>")
    #expect(error.message == "XML error: mirror for 'vda' requires external snapshot")
    #expect(error.code.rawValue == 27)
  }

  @Test func `a mirror's path is absolute, like every path in a snapshot`() throws {
    let error = try failure("<disk name='vda'><mirror file='m.qcow2'/></disk>")
    #expect(error.message == "XML error: disk snapshot mirror path 'm.qcow2' must be absolute")
  }

  @Test func `the first of several mirrors counts, and one in a namespace does not`() throws {
    #expect(
      try read("<disk name='vda'><mirror file='/1'/><mirror file='/2'/></disk>").disks[0].mirror == "/1")
    let foreign = try read(
      "<disk xmlns:x='urn:x' name='vda'><x:mirror file='/1'/></disk>", allowMirrors: false)
    #expect(foreign.disks == [SnapshotDisk(name: "vda")])
  }

  @Test func `a mirror follows the source whatever the order was`() throws {
    let snapshot = try read(
      "<disk name='vda'><mirror file='/m &amp; &lt;n&gt;'/><source file='/s'/><driver type='qcow2'/></disk>")
    #expect(
      snapshot.text().contains(
        """
              <driver type='qcow2'/>
              <source file='/s'/>
              <mirror file='/m &amp; &lt;n&gt;'/>
            </disk>
        """))
  }

  @Test func `mirrors of the disks of a revert follow the same rules`() throws {
    let text = """
      <domainsnapshot><name>n</name><state>running</state><creationTime>1</creationTime>
      <revertDisks><disk name='vda'><mirror file='m'/></disk></revertDisks></domainsnapshot>
      """
    let error = try #require(throws: SnapshotXMLError.self) {
      try SnapshotDocument.parse(Array(text.utf8), mode: .redefine, allowMirrors: true)
    }
    #expect(error.elementPath == "/domainsnapshot/revertDisks/disk/mirror")
  }
}
