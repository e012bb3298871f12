import Libvirt

/// Deleting snapshots where libvirt 9.0 refuses, or leaves files behind.
///
/// Everything is decided before anything is touched; as JSON it is what the operation's journal holds. A deletion cannot be
/// taken back: all its steps are finishing ones, which do nothing where they have been done already.
public struct SnapshotDeletion: Codable, Sendable {
  /// The operation's name in journals.
  public static let operation = "snapshot-delete"

  /// What is deleted.
  public enum Extent: Sendable {
    /// The snapshot.
    case itself
    /// The snapshot and all below it.
    case withDescendants
    /// All below it.
    case descendantsOnly
  }

  /// A disk whose uppermost overlays go into an image below.
  struct Merge: Codable, Equatable, Sendable {
    let target: String
    /// What the guest is on now.
    let overlay: DiskChain.Image
    /// What it is on afterwards.
    let base: DiskChain.Image
  }

  /// The snapshot that was named.
  public let snapshot: String
  /// What goes by name, children before their parents.
  public let deleted: [String]
  /// Disks that leave their overlays.
  let merges: [Merge]
  /// The snapshot's document with the overlays that its disks are really on, where libvirt merges it by itself.
  let document: String?
  /// Whether libvirt merges the one snapshot by itself.
  let isLibvirts: Bool
  /// Whether the named snapshot is inside the images and goes last, by libvirt.
  let endsInternally: Bool
  /// Files that nobody needs afterwards.
  let unneeded: [String]
  /// What else is to be known.
  public let remarks: [String]

  /// The operation as steps.
  public func plan(on domain: Domain, cancellation: Cancellation) -> Plan {
    let work = DeletedSnapshots(domain: domain, deletion: self)
    var steps: [Step] = []
    if isLibvirts {
      if let document {
        steps.append(
          Step("note that snapshot '\(snapshot)' has other overlays now") { try work.redefine(document) })
      }
      steps.append(
        Step("let libvirt merge and delete snapshot '\(snapshot)'") { try work.deleteByLibvirt(cancellation) }
      )
    }
    for merge in merges {
      steps.append(
        Step("merge the overlays of \(merge.target) into '\(merge.base.path)'") { try work.merge(merge) })
    }
    if !isLibvirts {
      steps.append(
        Step("delete what libvirt knows of \(deleted.map { "'\($0)'" }.joined(separator: ", "))") {
          try work.forget()
        })
    }
    if endsInternally {
      steps.append(
        Step("let libvirt delete snapshot '\(snapshot)'") { try work.deleteByLibvirt(cancellation) })
    }
    if !unneeded.isEmpty {
      steps.append(
        Step("remove \(unneeded.joined(separator: ", ")), which nobody needs any more") {
          try work.removeUnneeded()
        })
    }
    return Plan([], finishing: steps)
  }
}

/// What the steps of a deletion do to the domain.
private struct DeletedSnapshots {
  let domain: Domain
  let deletion: SnapshotDeletion

  func redefine(_ document: String) throws {
    guard exists(deletion.snapshot) else { return }
    try SnapshotRedefinition.replaceDocument(document, of: domain)
  }

  func deleteByLibvirt(_ cancellation: Cancellation) throws {
    let name = deletion.snapshot
    guard exists(name) else { return }
    func delete() throws {
      try BlockingDomainCall(on: domain) { (domain) throws(LibvirtError) in
        try domain.snapshot(named: name).delete()
      }.run(cancellation: cancellation)
    }
    let wasActive = try domain.isActive()
    do {
      try delete()
    } catch {
      // The guest may have died under the call; without one libvirt merges the files.
      guard wasActive, !(error is CancelledError), domain.isInactive(within: 20), exists(name) else {
        throw error
      }
      try delete()
    }
  }

  func merge(_ merge: SnapshotDeletion.Merge) throws {
    try OverlayMerge(target: merge.target, base: merge.base, overlay: merge.overlay).run(on: domain)
  }

  func forget() throws {
    for name in deletion.deleted where exists(name) {
      try SnapshotForgetting.forget(domain.snapshot(named: name))
    }
  }

  func removeUnneeded() throws {
    let family = try SnapshotFamily(of: domain)
    try UnneededFiles.remove(deletion.unneeded, sparing: family.needed(by: family.snapshots))
  }

  private func exists(_ name: String) -> Bool { (try? domain.snapshot(named: name)) != nil }
}
