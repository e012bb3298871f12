import Dispatch
import Synchronization
import TestSupport
import Testing

/// Command lines that belong together, run in one process on either side.
struct RealGuestScenario: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// The editor of the `-edit` commands; `true` leaves a document as it is.
  var editor = "true"
  let lines: [String]

  static let all = jobs + saves + snapshots + lives
}

/// virsh and snapsh on guests that are equal at the start, for what libvirt's test driver refuses.
@Suite("On a real guest snapsh does as virsh does")
struct RealGuestParityTests {
  @Test("the same words give the same text", arguments: RealGuestScenario.all)
  func sameWords(scenario: RealGuestScenario) throws {
    let programs = [RealGuest.Program.virsh, .snapsh]
    let transcripts = Mutex<[Int: Result<RealGuest.Transcript, any Error>]>([:])
    // Most of a guest's time is waiting: the two sides wait together.
    DispatchQueue.concurrentPerform(iterations: programs.count) { side in
      let transcript = Result { try self.transcript(of: programs[side], scenario) }
      transcripts.withLock { $0[side] = transcript }
    }
    let expected = try #require(transcripts.withLock { $0[0] }).get()
    let actual = try #require(transcripts.withLock { $0[1] }).get()
    #expect(actual.output == expected.output)
    #expect(actual.error == expected.error)
    #expect(actual.status == (expected.error.contains("error: ") ? 1 : 0))
  }

  /// Runs a scenario on a guest of its own; virsh, whose saves hang ever so often, gets another one then.
  private func transcript(
    of program: RealGuest.Program, _ scenario: RealGuestScenario
  ) throws -> RealGuest.Transcript {
    func attempt(timeout: Double) throws -> RealGuest.Transcript {
      try RealGuest.with { guest in
        try prepareDocuments(of: guest)
        return try guest.run(program, scenario.lines, editor: scenario.editor, timeout: timeout)
      }
    }
    if program == .virsh && scenario.lines.contains(where: { $0.contains("save") }) {
      for _ in 0..<8 {
        if let transcript = try? attempt(timeout: 30) { return transcript }
      }
    }
    return try attempt(timeout: 120)
  }

  @Test("there are many command lines, and no scenario twice")
  func count() {
    #expect(Set(RealGuestScenario.all.flatMap(\.lines)).count >= 280)
    #expect(Set(RealGuestScenario.all.map(\.testDescription)).count == RealGuestScenario.all.count)
  }

  private func prepareDocuments(of guest: RealGuest) throws {
    _ = try guest.file("wrong.xml", holding: "<domainbackup mode='pull'><bogus/></domainbackup>")
    _ = try guest.file(
      "pull.xml",
      holding: """
        <domainbackup mode='pull'>
          <server transport='unix' socket='\(guest.path("nbd.sock"))'/>
          <disks>
            <disk name='vda' backup='yes' type='file'><scratch file='\(guest.path("scratch"))'/></disk>
            <disk name='vdb' backup='no'/>
          </disks>
        </domainbackup>
        """)
    _ = try guest.file(
      "checkpoint.xml",
      holding: """
        <domaincheckpoint>
          <name>with-backup</name>
          <disks><disk name='vda' checkpoint='bitmap'/><disk name='vdb' checkpoint='no'/></disks>
        </domaincheckpoint>
        """)
    _ = try guest.file(
      "redefined.xml",
      holding: """
        <domaincheckpoint>
          <name>with-backup</name>
          <description>again</description>
          <parent><name>c2</name></parent>
          <creationTime>1600000000</creationTime>
          <disks>
            <disk name='vda' checkpoint='bitmap' bitmap='with-backup'/>
            <disk name='vdb' checkpoint='no'/>
          </disks>
        </domaincheckpoint>
        """)
    _ = try guest.file(
      "snapshot.xml",
      holding: """
        <domainsnapshot>
          <name>from-file</name>
          <description>by a document</description>
          <disks>
            <disk name='vda' snapshot='external'><source file='\(guest.path("f1"))'/></disk>
            <disk name='vdb' snapshot='no'/>
          </disks>
        </domainsnapshot>
        """)
  }
}
