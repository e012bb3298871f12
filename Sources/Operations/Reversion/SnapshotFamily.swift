import Libvirt
import XMLTree

/// All snapshots of a domain with the files they need, and the disks that the domain has now.
struct SnapshotFamily {
  let domain: Domain
  /// Parents before their children.
  let snapshots: [SnapshotFiles]
  /// The name of the current one.
  let current: String?
  /// The disks in force: of the running guest, or those it would be started with.
  let disks: [DiskChain]
  /// The disks of the persistent definition.
  let persistentDisks: [DiskChain]
  let chains = ImageChains()

  /// Asks libvirt.
  ///
  /// - Throws: libvirt's error, or `XMLError`.
  init(of domain: Domain) throws {
    self.domain = domain
    snapshots = try domain.snapshots(.topological).map { try SnapshotFiles(of: $0) }
    current = try domain.hasCurrentSnapshot() ? domain.currentSnapshot().name : nil
    disks = try DiskChain.chains(inDomainXML: domain.xml())
    persistentDisks = try DiskChain.chains(inDomainXML: domain.xml(.inactive))
  }

  subscript(name: String) -> SnapshotFiles? { snapshots.first { $0.name == name } }

  func children(of name: String) -> [SnapshotFiles] { snapshots.filter { $0.parent == name } }

  /// All below a snapshot, parents before their children.
  func descendants(of name: String) -> [SnapshotFiles] {
    var names: Set<String> = [name]
    return snapshots.filter { snapshot in
      guard let parent = snapshot.parent, names.contains(parent) else { return false }
      names.insert(snapshot.name)
      return true
    }
  }

  /// The image that a disk is on now.
  func top(of target: String) -> DiskChain.Image? {
    disks.first { $0.target == target }?.top
  }

  /// The paths of the images that a disk is on now, uppermost first.
  ///
  /// - Throws: ``ReversionError/unreadable(by:path:reason:)``.
  func paths(of target: String) throws(ReversionError) -> [String] {
    guard let top = top(of: target) else { return [] }
    return try paths(of: top, neededBy: "disk '\(target)'")
  }

  /// As ``paths(of:)``, as far down as the images can be read.
  func visiblePaths(of target: String) -> [String] {
    top(of: target).map { chains.visiblePaths(of: $0) } ?? []
  }

  /// The paths of an image and all below it, uppermost first.
  ///
  /// - Throws: ``ReversionError/unreadable(by:path:reason:)``.
  func paths(of image: DiskChain.Image, neededBy user: String) throws(ReversionError) -> [String] {
    try chain(of: image, neededBy: user).map(\.path)
  }

  /// An image and all below it, uppermost first.
  ///
  /// - Throws: ``ReversionError/unreadable(by:path:reason:)``.
  func chain(
    of image: DiskChain.Image, neededBy user: String
  ) throws(ReversionError) -> [DiskChain.Image] {
    do {
      return try chains.chain(of: image)
    } catch {
      throw .unreadable(by: user, path: image.path, reason: error.description)
    }
  }

  /// Every path that the domain's disks now, and the given snapshots, cannot do without.
  ///
  /// An overlay that is named in a snapshot's document alone is not needed: going back makes a fresh one.
  /// - Throws: ``ReversionError/unreadable(by:path:reason:)``: what cannot be read may stand on anything.
  func needed(by snapshots: [SnapshotFiles]) throws(ReversionError) -> Set<String> {
    var needed = known(of: snapshots)
    for disk in disks + persistentDisks {
      guard let top = disk.top else { continue }
      needed.formUnion(try paths(of: top, neededBy: "disk '\(disk.target)'"))
    }
    for snapshot in snapshots {
      for image in snapshot.disks.compactMap(\.frozen) {
        needed.formUnion(try paths(of: image, neededBy: snapshot.title))
      }
    }
    return needed
  }

  /// As ``needed(by:)``, as far as the images can be read: `chains.failure` tells whether that is all.
  func visiblyNeeded(by snapshots: [SnapshotFiles]) -> Set<String> {
    let images =
      (disks + persistentDisks).compactMap(\.top) + snapshots.flatMap(\.disks).compactMap(\.frozen)
    return images.reduce(into: known(of: snapshots)) { $0.formUnion(chains.visiblePaths(of: $1)) }
  }

  /// What libvirt's documents name.
  private func known(of snapshots: [SnapshotFiles]) -> Set<String> {
    let images = disks.flatMap { $0.images + ($0.mirror?.images ?? []) }
    return Set(snapshots.compactMap(\.memoryFile) + images.map(\.path))
  }

  /// Refuses a domain with a job on one of its disks.
  ///
  /// - Throws: ``ReversionError/diskJob(domain:disk:)``; libvirt's error.
  func requireNoDiskJobs() throws {
    let isActive = try domain.isActive()
    for disk in disks where disk.top != nil {
      if try disk.mirror != nil || (isActive && domain.blockJob(on: disk.target) != nil) {
        throw ReversionError.diskJob(domain: domain.name, disk: disk.target)
      }
    }
  }
}
