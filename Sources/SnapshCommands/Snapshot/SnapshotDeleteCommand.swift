import CommandGrammar
import Libvirt
import Operations

/// `snapshot-delete DOMAIN SNAPSHOT`: deletes a snapshot, or what is below it.
struct SnapshotDeleteCommand: VirshCommand {
  private static let name = SnapshotSelector.nameOption()
  private static let current = SnapshotSelector.currentOption(help: "delete current snapshot")
  private static let children = Option.flag("children", help: "delete snapshot and all children")
  private static let childrenOnly = Option.flag(
    "children-only", help: "delete children but not snapshot")
  private static let metadata = Option.flag(
    "metadata", help: "delete only libvirt metadata, leaving snapshot contents behind")

  private static let dryRun = Option.flag("dry-run", help: "print the steps, do nothing (not in virsh)")

  static let grammar = CommandGrammar(
    name: "snapshot-delete", group: "snapshot", abstract: "Delete a domain snapshot",
    discussion: "Snapshot Delete",
    options: [
      DomainOption.domain, name, current, children, childrenOnly, metadata, ManagedSaveOption.drop,
      ManagedSaveOption.rewrite, dryRun,
    ] + MirroredSnapshotDeletion.options, exitStatuses: ExitStatus.interruptible,
    examples: [
      ("snapsh snapshot-delete guest before-upgrade", "Merge a snapshot that is no longer needed.")
    ])

  private let domain: String
  private let selector: SnapshotSelector
  private let flags: SnapshotDeleteFlags
  private let choice: ManagedSaveGuard.Choice
  private let isDryRun: Bool
  private let mirroredDeletion: MirroredSnapshotDeletion

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    selector = SnapshotSelector(arguments, name: Self.name, current: Self.current)
    mirroredDeletion = try MirroredSnapshotDeletion(arguments)
    var flags: SnapshotDeleteFlags = []
    if try arguments[Self.children] { flags.insert(.children) }
    if try arguments[Self.childrenOnly] { flags.insert(.childrenOnly) }
    if try arguments[Self.metadata] { flags.insert(.metadataOnly) }
    self.flags = flags
    choice = try ManagedSaveOption.choice(in: arguments)
    isDryRun = try arguments[Self.dryRun]
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    if let name = try selector.name(in: domain) {
      let result = try mirroredDeletion.run(name, of: domain, flags, isDryRun: isDryRun, in: session)
      if let result = try result ?? finishInterrupted(name, of: domain, in: session) { return result }
    }
    let snapshot = try selector.snapshot(of: domain)
    let name = snapshot.name
    try mirroredDeletion.refuseWithoutMirror(name)
    let flags = flags
    do {
      if !flags.contains(.metadataOnly), try !SnapshotDeletion.isLibvirtsAlone(snapshot, extent) {
        do {
          return try deleteFiles(of: snapshot, domain: domain, in: session)
        } catch let error as ReversionError where error.isOutOfReach {
          guard try SnapshotDeletion.mayAskLibvirt(toDelete: snapshot, extent) else { throw error }
          return try deleteByLibvirt(snapshot, domain: domain, in: session)
        }
      }
      guard !isDryRun else {
        throw CommandFailure(
          "libvirt deletes '\(name)' by itself, in one step; --dry-run has nothing to show")
      }
      if flags == .metadataOnly {
        try session.waitForOtherJob(of: domain)
        try SnapshotForgetting.forget(snapshot)
      } else {
        try session.runJob(on: domain, label: "Delete") { (_) throws(LibvirtError) in
          try snapshot.delete(flags)
        }
      }
    } catch let error as LibvirtError {
      throw CommandFailure("Failed to delete snapshot \(name)", cause: error)
    }
    return result(name, of: domain, remarks: [])
  }

  private var extent: SnapshotDeletion.Extent {
    if flags.contains(.childrenOnly) { return .descendantsOnly }
    return flags.contains(.children) ? .withDescendants : .itself
  }

  /// Deletes external snapshots, with the files that libvirt would leave behind.
  private func deleteFiles(
    of snapshot: DomainSnapshot, domain: Domain, in session: Session
  ) throws -> any CommandResult {
    if flags.isSuperset(of: [.children, .childrenOnly]) {
      throw ArgumentError.mutuallyExclusive("--children", "--children-only")
    }
    try session.waitForOtherJob(of: domain)
    let deletion = try SnapshotDeletion(snapshot, extent)
    let plan = deletion.plan(on: domain, cancellation: session.interruptible())
    if isDryRun { return PlannedSteps(plan, on: domain) }
    return try delete(deletion, of: domain) {
      try session.carryOut(plan, SnapshotDeletion.operation, deletion, on: domain)
    }
  }

  /// Does the rest of the same deletion, where it was interrupted.
  ///
  /// - Returns: `nil` where it was not.
  private func finishInterrupted(
    _ name: String, of domain: Domain, in session: Session
  ) throws -> (any CommandResult)? {
    guard !flags.contains(.metadataOnly), !flags.isSuperset(of: [.children, .childrenOnly]),
      let journals = StateDirectory(environment: session.environment).journals,
      let (deletion, journal) = try SnapshotDeletion.interrupted(name, extent, of: domain, in: journals)
    else { return nil }
    try mirroredDeletion.refuseWithoutMirror(name)
    try session.waitForOtherJob(of: domain)
    let plan = deletion.plan(on: domain, cancellation: session.interruptible())
    if isDryRun { return PlannedSteps(plan.rest(of: journal), on: domain) }
    return try delete(deletion, of: domain) { try session.finish(plan, journal) }
  }

  /// Makes a deletion by steps, and what is to become of a managed save.
  private func delete(
    _ deletion: SnapshotDeletion, of domain: Domain, by work: () throws -> Void
  ) throws -> any CommandResult {
    let settles = try ManagedSaveGuard.standsInTheWay(of: .deletion, on: domain, choice: choice)
    do {
      try work()
    } catch let failure as PlanFailure {
      throw CommandFailure("Failed to delete snapshot \(deletion.snapshot)", cause: failure)
    }
    if settles { try ManagedSaveGuard.settle(domain, choice: choice) }
    return result(deletion.snapshot, of: domain, remarks: deletion.remarks)
  }

  /// Lets libvirt merge images that are out of sight here.
  private func deleteByLibvirt(
    _ snapshot: DomainSnapshot, domain: Domain, in session: Session
  ) throws -> any CommandResult {
    let name = snapshot.name
    if isDryRun {
      return PlannedSteps(Plan([Step("let libvirt merge and delete snapshot '\(name)'") {}]), on: domain)
    }
    try session.requireNoUnfinishedOperation(on: domain)
    let settles = try ManagedSaveGuard.standsInTheWay(of: .deletion, on: domain, choice: choice)
    try session.runJob(on: domain, label: "Delete") { (_) throws(LibvirtError) in try snapshot.delete() }
    if settles { try ManagedSaveGuard.settle(domain, choice: choice) }
    return result(name, of: domain, remarks: [])
  }

  private func result(_ name: String, of domain: Domain, remarks: [String]) -> any CommandResult {
    let onlyChildren = flags.contains(.childrenOnly)
    return Sentence(
      "Domain snapshot \(name) \(onlyChildren ? "children " : "")deleted\n"
        + remarks.map { "\($0)\n" }.joined(),
      fields: SnapshotAction(
        domain: domain.name, snapshot: name, action: onlyChildren ? "children-deleted" : "deleted"))
  }
}
