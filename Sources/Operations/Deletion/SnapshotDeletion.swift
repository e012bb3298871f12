import Libvirt

/// Deleting snapshots where libvirt 9.0 refuses, or leaves files behind.
///
/// Everything is decided before anything is touched; as JSON it is what the operation's journal holds. A deletion cannot be
/// taken back: all its steps are finishing ones, which do nothing where they have been done already.
public struct SnapshotDeletion: Codable, Sendable {
  /// The operation's name in journals.
  public static let operation = "snapshot-delete"

  /// What is deleted.
  public enum Extent: String, Codable, Sendable {
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
    /// The snapshots that stand on the base, and cannot be gone back to once it is written to; `nil` in old journals.
    let ruined: [String]?
  }

  /// The snapshot that was named.
  public let snapshot: String
  /// What was asked for; `nil` in old journals.
  let extent: Extent?
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
        Step(
          "let libvirt merge and delete snapshot '\(snapshot)'",
          journalling: { journal in
            try work.mergeByLibvirt(cancellation, journal)
          }))
    }
    for merge in merges {
      steps.append(
        Step(
          "merge the overlays of \(merge.target) into '\(merge.base.path)'",
          journalling: { journal in
            try work.merge(merge, journal)
          }))
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
