import Libvirt

/// Keeps a reversion to an internal snapshot from rewriting an image that others stand on.
///
/// libvirt 9.0 takes the disk back to the image that holds the snapshot and loads it there, overlays on top or not.
public enum InternalReversionGuard {
  /// Refuses where an image that holds the snapshot lies below another one that is still needed.
  ///
  /// libvirt's test driver has no images that could be rewritten; it is let be.
  /// - Throws: ``ReversionError/insideFrozenImage(snapshot:path:other:)``, `.unreadable`; libvirt's error.
  public static func check(_ snapshot: DomainSnapshot) throws {
    let domain = snapshot.domain
    guard try domain.connection.driver() == "QEMU" else { return }
    let files = try SnapshotFiles(of: snapshot)
    let holders = Set(
      files.disks.filter { $0.location == "internal" }.compactMap(\.frozen?.path))
    guard !holders.isEmpty else { return }
    let family = try SnapshotFamily(of: domain)
    // An image that holds it does not stand on another that does.
    for disk in family.disks where !holders.contains(disk.top?.path ?? "") {
      if let held = try family.paths(of: disk.target).first(where: holders.contains) {
        throw ReversionError.insideFrozenImage(
          snapshot: files.name, path: held, other: "disk '\(disk.target)'")
      }
    }
    for other in family.snapshots {
      for image in other.externalDisks.compactMap(\.frozen) {
        if let held = try family.paths(of: image, neededBy: other.title).first(where: holders.contains) {
          throw ReversionError.insideFrozenImage(
            snapshot: files.name, path: held, other: "snapshot '\(other.name)'")
        }
      }
    }
  }
}
