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

  private static let discard = Option.flag(
    "discard", help: "throw away what the guest is now instead of keeping it as a snapshot (not in virsh)")
  private static let keepAs = Option<String?>.text(
    "keep-as", namedOnly: true, help: "name of the snapshot that keeps what the guest is now (not in virsh)")
  private static let withoutMemory = Option.flag(
    "without-memory", help: "keep the disks of what the guest is now, but not its memory (not in virsh)")
  private static let dryRun = Option.flag("dry-run", help: "print the steps, do nothing (not in virsh)")

  static let grammar = CommandGrammar(
    name: "snapshot-revert", group: "snapshot", abstract: "Revert a domain to a snapshot",
    discussion: "Revert domain to snapshot",
    options: [
      DomainOption.domain, name, current, running, paused, force, resetNVRAM, ManagedSaveOption.drop, discard,
      keepAs, withoutMemory, dryRun,
    ],
    exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh snapshot-revert guest before-upgrade --running", "Go back, and leave the guest running.")
    ])

  private let domain: String
  private let selector: SnapshotSelector
  private let flags: SnapshotRevertFlags
  private let forces: Bool
  private let choice: ManagedSaveGuard.Choice
  private let isDryRun: Bool
  /// What only our own way back knows.
  private let options: ExternalReversion.Options

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
    isDryRun = try arguments[Self.dryRun]
    var options = ExternalReversion.Options()
    options.ending = flags.contains(.running) ? .running : flags.contains(.paused) ? .paused : nil
    options.discards = try arguments[Self.discard]
    options.branchName = try arguments[Self.keepAs]
    options.keepsMemory = try !arguments[Self.withoutMemory]
    options.forces = forces
    options.resetsNVRAM = flags.contains(.resetNVRAM)
    if options.discards && options.branchName != nil {
      throw ArgumentError.mutuallyExclusive("--discard", "--keep-as")
    }
    if options.discards && !options.keepsMemory {
      throw ArgumentError.mutuallyExclusive("--discard", "--without-memory")
    }
    self.options = options
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    let snapshot = try selector.snapshot(of: domain)
    let name = snapshot.name
    try MirrorGuard.refuseWhileMirrored(domain, work: "going back to snapshot '\(name)'")
    if let journals = StateDirectory(environment: session.environment).journals {
      try SnapshotDeletion.requireIntact(snapshot, in: journals)
    }
    do {
      switch try ReversionRoute(to: snapshot) {
      case .ownSteps:
        do {
          return try revertExternally(to: snapshot, of: domain, in: session)
        } catch let error as ReversionError where error.isOutOfReach {
          let may = try ReversionRoute.mayAskLibvirt(toGoBackTo: snapshot, discards: options.discards)
          guard may else { throw error }
        }
        if isDryRun {
          return PlannedSteps(Plan([Step("let libvirt take the domain back to '\(name)'") {}]), on: domain)
        }
      case .libvirt: try refuseOptionsOfExternalSnapshots(name)
      }
      try revertByLibvirt(to: snapshot, of: domain, in: session)
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to revert snapshot \(name)", cause: error)
    }
    return Sentence(
      "Domain snapshot \(name) reverted\n",
      fields: SnapshotAction(domain: domain.name, snapshot: name, action: "reverted"))
  }

  private func refuseOptionsOfExternalSnapshots(_ name: String) throws {
    guard !options.discards, options.branchName == nil, options.keepsMemory, !isDryRun else {
      throw CommandFailure(
        "libvirt reverts to '\(name)' by itself: --discard, --keep-as, --without-memory and --dry-run are for external "
          + "snapshots")
    }
  }

  private func revertByLibvirt(to snapshot: DomainSnapshot, of domain: Domain, in session: Session) throws {
    try InternalReversionGuard.check(snapshot)
    let drops = try ManagedSaveGuard.standsInTheWay(of: .revert, on: domain, choice: choice)
    let (flags, forces) = (flags, forces)
    try session.runJob(on: domain, label: "Revert") { (_) throws(LibvirtError) in
      try SnapshotReversion.revert(
        to: snapshot, flags, forcingIfRisky: forces, overridingManagedSave: drops)
    }
    if drops { try ManagedSaveGuard.settle(domain, choice: choice) }
  }

  private func revertExternally(
    to snapshot: DomainSnapshot, of domain: Domain, in session: Session
  ) throws -> any CommandResult {
    if flags.isSuperset(of: [.running, .paused]) {
      throw CommandFailure("--running and --paused are mutually exclusive")
    }
    var options = options
    options.dropsManagedSave = try ManagedSaveGuard.standsInTheWay(
      of: .revert, on: domain, choice: choice)
    try session.waitForOtherJob(of: domain)
    let reversion = try ExternalReversion(to: snapshot, options)
    let plan = reversion.plan(on: domain)
    if isDryRun { return PlannedSteps(plan, on: domain) }
    do {
      try session.carryOut(plan, ExternalReversion.operation, reversion, on: domain)
    } catch let failure as PlanFailure {
      throw CommandFailure("Failed to revert snapshot \(snapshot.name)", cause: failure)
    }
    let kept = reversion.branchName.map { "what the guest was is snapshot \($0)\n" } ?? ""
    return Sentence(
      "Domain snapshot \(snapshot.name) reverted\n" + kept,
      fields: SnapshotReversionFields(
        domain: domain.name, snapshot: snapshot.name, keptAs: reversion.branchName))
  }
}

/// A reversion by our own steps, for programs.
private struct SnapshotReversionFields: Encodable, Sendable {
  let domain: String
  let snapshot: String
  let action = "reverted"
  /// The snapshot that keeps what the guest was.
  let keptAs: String?
}
