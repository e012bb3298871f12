import DiskIO

/// The files of deleted snapshots that nobody needs then.
///
/// The lowest image of a chain is never among them: it may have been somebody's before any snapshot was.
struct UnneededImages {
  let paths: [String]
  /// Which files stay that one may not expect.
  let remarks: [String]

  /// - Parameters:
  ///   - deleting: The snapshots that go.
  ///   - merges: Where the guest's disks go.
  ///   - isMerged: Whether libvirt merges, and removes, the images by itself.
  ///   - family: All snapshots of the domain.
  /// - Throws: ``ReversionError/unreadable(by:path:reason:)``: what cannot be read may stand on anything.
  init(
    deleting: [SnapshotFiles], merging merges: [SnapshotDeletion.Merge], merged isMerged: Bool,
    in family: SnapshotFamily
  ) throws(ReversionError) {
    let names = Set(deleting.map(\.name))
    let rest = family.snapshots.filter { !names.contains($0.name) }
    let memory = deleting.compactMap(\.memoryFile)
    guard !isMerged else {
      paths = memory
      remarks = []
      return
    }
    let present = Set((family.disks + family.persistentDisks).map(\.target))
    let disks = deleting.flatMap(\.externalDisks)
    let here = disks.filter { present.contains($0.target) }
    var remarks = Set(disks.map(\.target)).subtracting(present).sorted().map {
      "the images of \($0) stay: the domain has no such disk any more"
    }
    var images: [String] = []
    for disk in here {
      images += disk.frozen.map { family.chains.visiblePaths(of: $0).dropLast() } ?? []
      images += [disk.overlay?.path].compactMap { $0 }
    }
    for merge in merges { images += family.chains.visiblePaths(of: merge.overlay).dropLast() }
    images = images.filter(FileOwner.exists)
    var needed = Set(rest.compactMap(\.memoryFile))
    if !images.isEmpty {
      for snapshot in rest {
        for image in snapshot.disks.compactMap(\.frozen) {
          needed.formUnion(try family.paths(of: image, neededBy: snapshot.title))
        }
      }
      for disk in family.disks + family.persistentDisks {
        let base = merges.first { $0.target == disk.target }?.base
        guard let image = base ?? disk.top else { continue }
        needed.formUnion(try family.paths(of: image, neededBy: "disk '\(disk.target)'"))
      }
    }
    for overlay in Self.forgotten(here, in: family) where !needed.contains(overlay.path) {
      needed.formUnion(family.chains.visiblePaths(of: overlay))
      remarks.append("'\(overlay.path)' stays: it holds data that is in no snapshot and on no disk")
    }
    paths = (images + memory.filter(FileOwner.exists)).reduce(into: []) { list, path in
      if !list.contains(path) && !needed.contains(path) { list.append(path) }
    }
    self.remarks = remarks
  }

  /// Overlays with what was written after a snapshot, on which neither the guest is nor a snapshot was taken: somebody has put the
  /// disk elsewhere.
  private static func forgotten(
    _ disks: [SnapshotFiles.Disk], in family: SnapshotFamily
  ) -> [DiskChain.Image] {
    var known = Set((family.disks + family.persistentDisks).flatMap { family.visiblePaths(of: $0.target) })
    for disk in disks { known.formUnion(disk.frozen.map { family.chains.visiblePaths(of: $0) } ?? []) }
    return disks.compactMap(\.overlay).filter { overlay in
      guard !known.contains(overlay.path), let format = try? ImageFormat(overlay.format) else { return false }
      return (try? QemuImage.holdsData(path: overlay.path, format: format)) == true
    }
  }
}
