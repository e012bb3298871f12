import CommandGrammar
import Libvirt
import Operations

/// `snapshot-revert DOMAIN SNAPSHOT`: takes a domain back to a snapshot.
struct SnapshotRevertCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption()
  private static let current = SnapshotSelector.currentOption(help: "revert to current snapshot")
  private static let running = Option.flag("running", help: "after reverting, change state to running")
  private static let paused = Option.flag("paused", help: "after reverting, change state to paused")
  private static let force = Option.flag("force", help: "try harder on risky reverts")
  private static let resetNVRAM = Option.flag(
    "reset-nvram", help: "re-initialize NVRAM from its pristine template")

  static let grammar = CommandGrammar(
    name: "snapshot-revert", group: "snapshot", abstract: "Revert a domain to a snapshot",
    discussion: "Revert domain to snapshot",
    options: [
      DomainOption.domain, name, current, running, paused, force, resetNVRAM, ManagedSaveOption.drop,
    ],
    examples: [("snapshot-revert guest before-upgrade --running", "Go back, and leave the guest running.")])

  private let domain: String
  private let selector: SnapshotSelector
  private let flags: SnapshotRevertFlags
  private let forces: Bool
  private let choice: ManagedSaveGuard.Choice

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    selector = SnapshotSelector(arguments, name: Self.name, current: Self.current)
    forces = try arguments[Self.force]
    choice = try arguments[ManagedSaveOption.drop] ? .drop : .refuse
    var flags: SnapshotRevertFlags = []
    if try arguments[Self.running] { flags.insert(.running) }
    if try arguments[Self.paused] { flags.insert(.paused) }
    if try arguments[Self.resetNVRAM] { flags.insert(.resetNVRAM) }
    self.flags = flags
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let snapshot = try selector.snapshot(of: domain)
    let name = snapshot.name
    do {
      let drops = try ManagedSaveGuard.standsInTheWay(of: .revert, on: domain, choice: choice)
      let (flags, forces) = (flags, forces)
      try session.runJob(on: domain, label: "Revert") { (_) throws(LibvirtError) in
        try SnapshotReversion.revert(
          to: snapshot, flags, forcingIfRisky: forces, overridingManagedSave: drops)
      }
      if drops { try ManagedSaveGuard.settle(domain, choice: choice) }
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to revert snapshot \(name)", cause: error)
    }
    return Sentence(
      "Domain snapshot \(name) reverted\n",
      fields: SnapshotAction(domain: domain.name, snapshot: name, action: "reverted"))
  }
}
