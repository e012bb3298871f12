import Libvirt
import Testing

@testable import Operations

/// File systems that a guest's agent freezes, and every way in which it may leave them so.
@Suite("File systems frozen for a backup")
struct FileSystemFreezeTests {
  /// An agent that does what it is told, and may fail to say so.
  private final class Agent: FileSystemAgent {
    let name = "guest"
    var isFrozen = false
    var runs = true
    var asked: [String] = []
    /// What comes instead of an answer to a freeze, and to each thaw in turn.
    var freezeError: LibvirtError?
    var thawErrors: [LibvirtError?] = []
    /// Whether a freeze that is not answered has happened.
    var freezesUnheard = false

    func isActive() throws(LibvirtError) -> Bool { runs }

    func freezeFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int {
      asked.append("freeze")
      isFrozen = freezeError == nil || freezesUnheard
      if let freezeError { throw freezeError }
      return 2
    }

    func thawFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int {
      asked.append("thaw")
      if !thawErrors.isEmpty, let error = thawErrors.removeFirst() {
        throw error
      }
      isFrozen = false
      return 2
    }
  }

  private static let silence = LibvirtError(code: .agentUnresponsive, message: "no answer")
  private static let answer = LibvirtError(code: .internalError, message: "it has been disabled")
  private static let none = LibvirtError(code: .argumentUnsupported, message: "no agent is configured")

  private struct Full: Error {}

  /// A backup of the kind: freeze; begin, and thaw; write.
  private func backUp(
    _ agent: Agent, _ quiesce: DiskBackup.Quiesce, isAgentThere: Bool = true, beginFails: Bool = false,
    writeFails: Bool = false
  ) -> (failure: PlanFailure?, wasFrozen: Bool) {
    let freeze = FileSystemFreeze(of: agent, quiesce, isAgentThere: isAgentThere)
    let begin = Step(
      "begin",
      perform: {
        try freeze.thawed(after: { if beginFails { throw Full() } })
      }, undoing: "end", undo: {})
    let write = Step("write") { if writeFails { throw Full() } }
    do {
      try Plan([freeze.step(), begin, write]).run(cancellation: Cancellation())
      return (nil, freeze.hasFrozen)
    } catch {
      return (error, freeze.hasFrozen)
    }
  }

  @Test("are thawed once the instant is over, and nobody asks again, whatever becomes of the archive")
  func thaws() {
    for fails in [false, true] {
      let agent = Agent()
      let (failure, wasFrozen) = backUp(agent, .require, writeFails: fails)
      #expect((failure != nil) == fails)
      #expect(wasFrozen)
      #expect(agent.asked == ["freeze", "thaw"])
      #expect(!agent.isFrozen)
    }
  }

  @Test("are thawed where the backup does not begin; what cannot be told to be is a remainder")
  func beginFails() throws {
    let agent = Agent()
    agent.thawErrors = [Self.silence]
    let mended = try #require(backUp(agent, .require, beginFails: true).failure)
    #expect(mended.cause is Full)
    #expect(mended.notUndone.isEmpty)
    #expect(!agent.isFrozen)

    let deaf = Agent()
    deaf.thawErrors = [Self.silence, Self.silence]
    let left = try #require(backUp(deaf, .require, beginFails: true).failure)
    #expect(left.undone == ["end"])
    #expect(left.notUndone.map(\.undo) == ["thaw the file systems of 'guest' ('snapsh domfsthaw guest')"])
  }

  @Test(
    "that the agent does not thaw end the backup, and are told as what could not be undone",
    arguments: [1, 2])
  func thawFails(silences: Int) throws {
    let agent = Agent()
    agent.thawErrors = Array(repeating: Self.silence, count: silences)
    let failure = try #require(backUp(agent, .try).failure)
    #expect(failure.cause as? LibvirtError == Self.silence)
    #expect(agent.isFrozen == (silences == 2))
    #expect(failure.notUndone.count == silences - 1)
    if silences == 2 { #expect("\(failure)".contains("domfsthaw guest")) }
  }

  @Test("that were frozen without an answer are thawed at once")
  func unheardFreeze() throws {
    for quiesce in [DiskBackup.Quiesce.try, .require] {
      let agent = Agent()
      agent.freezeError = Self.silence
      agent.freezesUnheard = true
      let (failure, wasFrozen) = backUp(agent, quiesce)
      #expect((failure == nil) == (quiesce == .try))
      #expect(!wasFrozen)
      #expect(!agent.isFrozen)
      #expect(failure?.notUndone.isEmpty ?? true)
    }
  }

  @Test("of which nothing is known end the backup and are told of, --quiesce=try or not")
  func doubt() throws {
    for quiesce in [DiskBackup.Quiesce.try, .require] {
      let agent = Agent()
      agent.freezeError = Self.silence
      agent.freezesUnheard = true
      agent.thawErrors = [Self.silence, Self.silence]
      let failure = try #require(backUp(agent, quiesce).failure)
      #expect(failure.notUndone.count == 1)
      #expect("\(failure)".contains("domfsthaw guest"))
    }
  }

  @Test("are let be where the agent says that it cannot, or is not there", arguments: [true, false])
  func unable(isAgentThere: Bool) {
    let agent = Agent()
    agent.freezeError = isAgentThere ? Self.answer : Self.silence
    agent.thawErrors = [agent.freezeError]
    let (failure, _) = backUp(agent, .try, isAgentThere: isAgentThere)
    #expect(failure == nil)
    #expect(agent.asked == (isAgentThere ? ["freeze", "thaw"] : []))
    let required = Agent()
    required.freezeError = Self.none
    required.thawErrors = [Self.none]
    let refused = backUp(required, .require, isAgentThere: isAgentThere).failure
    #expect(
      refused?.cause as? GuestArchiveError
        == .notQuiesced(domain: "guest", reason: "no agent is configured"))
    #expect(refused?.notUndone.isEmpty == true)
  }

  @Test("that a killed process may have left frozen are thawed by another, where the guest still runs")
  func leftFrozen() throws {
    let agent = Agent()
    agent.isFrozen = true
    agent.thawErrors = [Self.silence]
    let left = FileSystemFreeze(leftOn: agent)
    #expect(throws: Self.silence) { try left.thaw() }
    try left.thaw()
    #expect(!agent.isFrozen)
    let without = Agent()
    without.thawErrors = [Self.none]
    try FileSystemFreeze(leftOn: without).thaw()
    let off = Agent()
    off.runs = false
    try FileSystemFreeze(leftOn: off).thaw()
    #expect(off.asked == [])
  }

  @Test(
    "need an agent whose channel is open",
    arguments: [
      ("", false),
      ("<channel><target type='virtio' name='com.redhat.spice.0' state='connected'/></channel>", false),
      (
        "<channel><target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>", false
      ),
      ("<channel><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>", true),
      ("<channel><target type='virtio' name='org.qemu.guest_agent.0'/></channel>", true),
    ])
  func channel(devices: String, isThere: Bool) throws {
    let xml = "<domain><devices>\(devices)</devices></domain>"
    let found = try FileSystemFreeze.isAgentThere(inDomainXML: xml)
    #expect(found == isThere)
  }
}
