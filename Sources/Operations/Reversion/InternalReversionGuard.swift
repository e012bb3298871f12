import Libvirt

/// Keeps a reversion to an internal snapshot from rewriting an image that others stand on.
///
/// libvirt 9.0 takes the disk back to the image that holds the snapshot and loads it there, overlays on top or not.
public enum InternalReversionGuard {
  /// Refuses where an image that holds the snapshot lies below another one that is still needed.
  ///
  /// libvirt's test driver has no images that could be rewritten; it is let be.
  /// - Throws: ``ReversionError/insideFrozenImage(snapshot:path:other:)``, `.unreadable`, `.otherHost`; libvirt's error.
  public static func check(_ snapshot: DomainSnapshot) throws {
    let domain = snapshot.domain
    guard try domain.connection.driver() == "QEMU" else { return }
    let files = try SnapshotFiles(of: snapshot)
    let holders = Set(
      files.disks.filter { $0.location == "internal" }.compactMap(\.frozen?.path))
    guard !holders.isEmpty else { return }
    let family = try SnapshotFamily(of: domain)
    // An image that holds it does not stand on another that does.
    let present = family.disks.compactMap { disk in
      disk.top.map { (image: $0, user: "disk '\(disk.target)'") }
    }
    .filter { !holders.contains($0.image.path) }
    let frozen = family.snapshots.flatMap { other in
      other.externalDisks.compactMap(\.frozen).map { (image: $0, user: other.title) }
    }
    let others = (present + frozen).filter { ImageChains.mayStand($0.image) }
    guard !others.isEmpty else { return }
    try domain.requireImagesHere()
    for (image, user) in others {
      if let held = try family.paths(of: image, neededBy: user).first(where: holders.contains) {
        throw ReversionError.insideFrozenImage(snapshot: files.name, path: held, other: user)
      }
    }
  }
}
