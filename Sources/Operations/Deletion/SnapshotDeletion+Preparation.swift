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
    guard try snapshot.domain.connection.isLocal() else {
      throw ReversionError.otherHost(domain: snapshot.domain.name)
    }
    let family = try SnapshotFamily(of: snapshot.domain)
    let name = snapshot.name
    try family.requireNoDiskJobs()
    // Once nothing stands on it any more, an internal snapshot is libvirt's to delete.
    endsInternally = extent == .withDescendants && family[name]?.isExternal == false
    let reached = family.reached(from: name, endsInternally ? .descendantsOnly : extent)
    self.snapshot = name
    self.extent = extent
    deleted = reached.reversed().map(\.name)
    if extent == .itself, let files = reached.first {
      let single = try SingleDeletion(of: files, in: family)
      merges = single.merges
      document = single.document
      isLibvirts = single.isLibvirts
      remarks = single.remarks
    } else {
      merges = try Self.merges(
        deleting: reached, above: extent == .descendantsOnly ? family[name] : nil, in: family)
      document = nil
      isLibvirts = false
      remarks = []
    }
    unneeded = try Self.unneeded(deleting: reached, merging: merges, merged: isLibvirts, in: family)
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

  /// The files of deleted snapshots that nobody needs then. The lowest image of a chain is never among them: it may have
  /// been somebody's before any snapshot was.
  private static func unneeded(
    deleting: [SnapshotFiles], merging merges: [Merge], merged: Bool, in family: SnapshotFamily
  ) throws(ReversionError) -> [String] {
    let names = Set(deleting.map(\.name))
    let rest = family.snapshots.filter { !names.contains($0.name) }
    let memory = deleting.compactMap(\.memoryFile)
    guard !merged else { return memory }
    var images: [String] = []
    for disk in deleting.flatMap(\.externalDisks) {
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
    return (images + memory.filter(FileOwner.exists)).reduce(into: []) { list, path in
      if !list.contains(path) && !needed.contains(path) { list.append(path) }
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

/// What becomes of one snapshot that goes while those below it stay.
private struct SingleDeletion {
  var merges: [SnapshotDeletion.Merge] = []
  var document: String?
  var isLibvirts = false
  var remarks: [String] = []

  init(of files: SnapshotFiles, in family: SnapshotFamily) throws {
    for disk in files.disks where disk.location == "manual" {
      throw ReversionError.manualDisk(snapshot: files.name, disk: disk.target)
    }
    // Memory alone: there is nothing to merge.
    guard !files.externalDisks.isEmpty else { return }
    let children = family.children(of: files.name)
    let isInLine = try files.externalDisks.allSatisfy { disk in
      guard let frozen = disk.frozen else {
        throw ReversionError.noPath(snapshot: files.name, disk: disk.target)
      }
      return try family.paths(of: disk.target).dropFirst().contains(frozen.path)
    }
    guard isInLine else {
      if let child = children.first {
        remarks = ["its images stay: snapshot '\(child.name)' stands on them"]
      }
      return
    }
    if let other = try Self.branch(on: files, in: family) {
      remarks = ["its images stay: snapshot '\(other)' stands on them too, on a branch of its own"]
      return
    }
    let parent = files.parent.flatMap { family[$0] }
    if let parent, !parent.isExternal {
      if let child = children.first {
        throw ReversionError.internalParent(snapshot: files.name, parent: parent.name, child: child.name)
      }
      // The internal snapshot's clusters are counted: writing to the image leaves them alone.
      merges = try SnapshotDeletion.merges(deleting: [files], in: family)
      return
    }
    let overlays = try Self.overlays(of: files, in: family)
    // Snapshots that were forgotten have left their overlays in the line, of which libvirt would merge the lowest alone.
    let isTopmost = overlays.allSatisfy { family.top(of: $0.key)?.path == $0.value.path }
    guard isTopmost || !children.isEmpty else {
      merges = try SnapshotDeletion.merges(deleting: [files], in: family)
      return
    }
    isLibvirts = true
    let isKnown = files.externalDisks.allSatisfy { disk in
      overlays[disk.target].map { $0.path == disk.overlay?.path } ?? true
    }
    if !isKnown { document = files.withOverlays(overlays).text(layout: .libvirt) }
  }

  /// A snapshot outside of the guest's own line that stands on what this one froze.
  private static func branch(on files: SnapshotFiles, in family: SnapshotFamily) throws -> String? {
    for disk in files.externalDisks {
      guard let frozen = disk.frozen?.path else { continue }
      let line = Set(try family.paths(of: disk.target))
      for other in family.snapshots where other.name != files.name {
        for image in other.externalDisks.filter({ $0.target == disk.target }).compactMap(\.frozen)
        where !line.contains(image.path) {
          if try family.paths(of: image, neededBy: other.title).contains(frozen) { return other.name }
        }
      }
    }
    return nil
  }

  /// The image right above what the snapshot froze, by disk.
  private static func overlays(
    of files: SnapshotFiles, in family: SnapshotFamily
  ) throws -> [String: DiskChain.Image] {
    var overlays: [String: DiskChain.Image] = [:]
    for disk in files.externalDisks {
      guard let top = family.top(of: disk.target), let frozen = disk.frozen else { continue }
      let chain = try family.chains.chain(of: top)
      overlays[disk.target] = chain.prefix { $0.path != frozen.path }.last
    }
    return overlays
  }
}
