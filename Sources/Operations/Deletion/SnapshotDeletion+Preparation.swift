import DiskIO
import Libvirt
import XMLTree

extension SnapshotDeletion {
  /// Whether libvirt's own deletion is all that is needed: other drivers, and internal snapshots among themselves.
  ///
  /// - Throws: libvirt's error, or `XMLError`.
  public static func isLibvirtsAlone(_ snapshot: DomainSnapshot, _ extent: Extent) throws -> Bool {
    let domain = snapshot.domain
    guard try domain.connection.driver() == "QEMU", try domain.isPersistent() else { return true }
    let family = try SnapshotFamily(of: domain)
    return !family.reached(from: snapshot.name, extent).contains(where: \.isExternal)
  }

  /// Whether libvirt may be asked where our own steps cannot go, because the images are out of sight.
  ///
  /// Once the guest has gone back to a snapshot another branch stands on what that one froze, which libvirt would rewrite.
  /// - Throws: libvirt's error, or `XMLError`.
  /// - Returns: Whether all that is below the snapshot is one line down to the current one.
  public static func mayAskLibvirt(toDelete snapshot: DomainSnapshot, _ extent: Extent) throws -> Bool {
    guard extent == .itself else { return false }
    let family = try SnapshotFamily(of: snapshot.domain)
    guard let files = family[snapshot.name], !files.externalDisks.isEmpty else { return false }
    var last = files.name
    while let child = family.children(of: last).first {
      guard family.children(of: last).count == 1 else { return false }
      last = child.name
    }
    return family.current == last
  }

  /// Decides everything, and refuses what cannot be done; touches nothing.
  ///
  /// - Throws: ``ReversionError``, libvirt's error.
  public init(_ snapshot: DomainSnapshot, _ extent: Extent) throws {
    try snapshot.domain.requireImagesHere()
    let family = try SnapshotFamily(of: snapshot.domain)
    let name = snapshot.name
    try family.requireNoDiskJobs()
    // Once nothing stands on it any more, an internal snapshot is libvirt's to delete.
    endsInternally = extent == .withDescendants && family[name]?.isExternal == false
    var remarks: [String] = []
    let reached = family.reached(from: name, endsInternally ? .descendantsOnly : extent)
    self.snapshot = name
    self.extent = extent
    deleted = reached.reversed().map(\.name)
    if extent == .itself, let files = reached.first {
      let single = try SingleDeletion(of: files, in: family)
      merges = single.merges
      document = single.document
      isLibvirts = single.isLibvirts
      remarks += single.remarks
    } else {
      merges = try Self.merges(
        deleting: reached, above: extent == .descendantsOnly ? family[name] : nil, in: family)
      document = nil
      isLibvirts = false
    }
    let files = try UnneededImages(deleting: reached, merging: merges, merged: isLibvirts, in: family)
    unneeded = files.paths
    self.remarks = remarks + files.remarks
  }

  /// Where each disk goes: the lowest image that a deleted snapshot of the guest's own line had frozen.
  ///
  /// - Parameters:
  ///   - deleting: Parents before their children.
  ///   - ancestor: A snapshot that stays, down to whose own overlay everything goes.
  ///   - family: All snapshots of the domain.
  /// - Throws: ``ReversionError``.
  /// - Returns: A merge for each disk that leaves its overlays.
  static func merges(
    deleting: [SnapshotFiles], above ancestor: SnapshotFiles? = nil, in family: SnapshotFamily
  ) throws -> [Merge] {
    let names = Set(deleting.map(\.name))
    if let inside = deleting.first(where: {
      !$0.isExternal || $0.disks.contains { $0.location == "internal" }
    }) {
      throw ReversionError.internalDescendant(snapshot: inside.name)
    }
    return try family.disks.compactMap { disk in
      guard let top = disk.top else { return nil }
      let chain = try family.chain(of: top, neededBy: "disk '\(disk.target)'")
      let frozen = deleting.flatMap(\.externalDisks).filter { $0.target == disk.target }.compactMap(\.frozen)
      guard var base = chain.dropFirst().last(where: { image in frozen.contains { $0.path == image.path } })
      else { return nil }
      let floor = ancestor?.externalDisks.first { $0.target == disk.target }?.frozen?.path
      if let floor, chain.contains(where: { $0.path == floor }) {
        base = chain.prefix { $0.path != floor }.last ?? base
      }
      // What is written into, and what goes, must be nobody else's.
      let touched = Set(chain.prefix { $0.path != base.path }.map(\.path) + [base.path])
      for other in family.snapshots where !names.contains(other.name) {
        for image in other.externalDisks.compactMap(\.frozen) {
          if let path = try family.paths(of: image, neededBy: other.title).first(where: touched.contains) {
            throw ReversionError.shared(path: path, other: other.name)
          }
        }
      }
      let ruined = deleting.filter { files in
        files.externalDisks.contains {
          $0.target == disk.target && family.stands($0.frozen, on: base.path)
        }
      }
      return Merge(target: disk.target, overlay: top, base: base, ruined: ruined.map(\.name))
    }
  }
}

extension SnapshotFamily {
  /// What a deletion reaches, parents before their children.
  func reached(from name: String, _ extent: SnapshotDeletion.Extent) -> [SnapshotFiles] {
    let itself = extent == .descendantsOnly ? [] : snapshots.filter { $0.name == name }
    return itself + (extent == .itself ? [] : descendants(of: name))
  }

  /// Whether an image is another one, or stands on it; true where that cannot be told.
  fileprivate func stands(_ image: DiskChain.Image?, on base: String) -> Bool {
    guard let image, let chain = try? chains.chain(of: image) else { return true }
    return chain.contains { $0.path == base }
  }
}
