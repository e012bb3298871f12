import Libvirt
import XMLTree

/// What freezes and thaws the file systems inside a guest.
protocol FileSystemAgent {
  /// The guest's name.
  var name: String { get }
  /// Whether the guest runs; one that is shut off has nothing frozen.
  func isActive() throws(LibvirtError) -> Bool
  /// Freezes file systems, all of them where none is named, and returns how many.
  func freezeFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int
  /// Thaws file systems, all of them where none is named, and returns how many.
  func thawFileSystems(_ mountPoints: [String]) throws(LibvirtError) -> Int
}

extension Domain: FileSystemAgent {}

/// A guest's file systems, frozen by its agent for an instant.
///
/// An agent that does not answer may have frozen them all the same, and the guest hangs at its next write then. So only
/// an answer ends the doubt, and a doubt that stays is told.
final class FileSystemFreeze {
  private let agent: any FileSystemAgent
  private let quiesce: DiskBackup.Quiesce
  /// Whether the agent has its channel open, so that it may get an order to freeze.
  private let isAgentThere: Bool
  private var mayBeFrozen: Bool
  /// Whether file systems were frozen.
  private(set) var hasFrozen = false

  /// About to freeze.
  ///
  /// - Parameters:
  ///   - agent: the guest.
  ///   - quiesce: whether it is to be frozen.
  ///   - isAgentThere: whether its agent gets what it is sent (``isAgentThere(inDomainXML:)``).
  init(of agent: any FileSystemAgent, _ quiesce: DiskBackup.Quiesce, isAgentThere: Bool) {
    self.agent = agent
    self.quiesce = quiesce
    self.isAgentThere = isAgentThere
    mayBeFrozen = false
  }

  /// One that another process may have left frozen.
  init(leftOn agent: any FileSystemAgent) {
    self.agent = agent
    quiesce = .no
    isAgentThere = true
    mayBeFrozen = true
  }

  /// Whether a guest's agent has opened its channel, as the definition of the running guest tells.
  ///
  /// - Throws: `XMLError` when the text is no document.
  static func isAgentThere(inDomainXML xml: String) throws(XMLError) -> Bool {
    try XMLDocument.parse(xml).root.elements(named: "devices").flatMap { $0.elements(named: "channel") }
      .compactMap { $0.firstElement(named: "target") }
      .contains {
        $0.attribute("name") == "org.qemu.guest_agent.0" && $0.attribute("state") != "disconnected"
      }
  }

  /// The step that freezes. The next one thaws; its undo does where that one did not come to it, or failed to.
  func step() -> Step {
    Step(
      "freeze the file systems of '\(agent.name)'", perform: { [self] in try freeze() },
      undoing: "thaw the file systems of '\(agent.name)' ('snapsh domfsthaw \(agent.name)')",
      undo: { [self] in try thaw() })
  }

  private func freeze() throws {
    // Nobody is asked who could do it later.
    guard quiesce == .require || (quiesce == .try && isAgentThere) else { return }
    mayBeFrozen = true
    do {
      hasFrozen = try agent.freezeFileSystems([]) > 0
      mayBeFrozen = hasFrozen
    } catch {
      let isThawed = (try? agent.thawFileSystems([])) != nil
      mayBeFrozen = isAgentThere && !isThawed && !error.excludesFreeze
      guard quiesce == .try else {
        throw GuestArchiveError.notQuiesced(domain: agent.name, reason: error.message)
      }
      if mayBeFrozen { throw GuestArchiveError.perhapsFrozen(domain: agent.name, reason: error.message) }
    }
  }

  /// Does what the instant is for, and thaws them at once.
  ///
  /// - Throws: the body's error, `LibvirtError`.
  func thawed(after body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      // At once; one that fails is tried again, and told of, when the step is taken back.
      try? thaw()
      throw error
    }
    try thaw()
  }

  /// Thaws them, unless it is known that nothing is frozen.
  ///
  /// - Throws: `LibvirtError`; they may be frozen still then.
  func thaw() throws(LibvirtError) {
    guard mayBeFrozen, try isRunning() else { return }
    do {
      _ = try agent.thawFileSystems([])
    } catch  where error.excludesAgent {
    }
    mayBeFrozen = false
  }

  /// A guest without a definition is gone once it has ended.
  private func isRunning() throws(LibvirtError) -> Bool {
    do {
      return try agent.isActive()
    } catch  where error.code == .noDomain {
      return false
    }
  }
}

extension LibvirtError {
  /// Whether the guest has no agent at all.
  fileprivate var excludesAgent: Bool {
    [.argumentUnsupported, .operationUnsupported, .noSupport].contains(code)
  }

  /// Whether a freeze that failed so has left nothing frozen: there is no agent, or it has answered that it cannot. One that
  /// fails half way thaws again before it answers.
  fileprivate var excludesFreeze: Bool {
    excludesAgent || [.operationInvalid, .internalError, .agentCommandFailed].contains(code)
  }
}
