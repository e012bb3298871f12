import XMLTree

/// What becomes of one snapshot that goes while those below it stay.
struct SingleDeletion {
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
    let inLine = try files.externalDisks.filter { disk in
      guard let frozen = disk.frozen else {
        throw ReversionError.noPath(snapshot: files.name, disk: disk.target)
      }
      return try family.paths(of: disk.target).dropFirst().contains(frozen.path)
    }
    let left = files.externalDisks.filter { !inLine.contains($0) }
    guard !inLine.isEmpty else {
      if let child = children.first {
        remarks = ["its images stay: snapshot '\(child.name)' stands on them"]
      }
      return
    }
    if let other = try Self.branch(on: inLine, of: files, in: family) {
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
    guard left.isEmpty else {
      try settle(inLine, and: left, of: files, in: family)
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

  /// A snapshot of which the guest has left some disks for another branch: libvirt merges all or none.
  private mutating func settle(
    _ inLine: [SnapshotFiles.Disk], and left: [SnapshotFiles.Disk], of files: SnapshotFiles,
    in family: SnapshotFamily
  ) throws {
    do {
      merges = try SnapshotDeletion.merges(deleting: [files], in: family)
    } catch ReversionError.shared(_, let other) {
      let disks = inLine.map(\.target).joined(separator: ", ")
      remarks = ["the images of \(disks) stay: snapshot '\(other)' stands on them"]
    }
    for disk in left {
      if let other = try Self.branch(on: [disk], of: files, in: family) {
        remarks.append("the images of \(disk.target) stay: snapshot '\(other)' stands on them")
      }
    }
  }

  /// A snapshot outside of the guest's own line that stands on what this one froze of some disks.
  private static func branch(
    on disks: [SnapshotFiles.Disk], of files: SnapshotFiles, in family: SnapshotFamily
  ) throws -> String? {
    for disk in disks {
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
