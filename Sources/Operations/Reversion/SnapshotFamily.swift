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
  func paths(of target: String) -> [String] {
    top(of: target).map { chains.paths(of: $0) } ?? []
  }

  /// Every path that the domain's disks now, and the given snapshots, cannot do without.
  ///
  /// An overlay that is named in a snapshot's document alone is not needed: going back makes a fresh one.
  func needed(by snapshots: [SnapshotFiles]) -> Set<String> {
    var needed = Set(snapshots.compactMap(\.memoryFile))
    for image in (disks + persistentDisks).compactMap(\.top) { needed.formUnion(chains.paths(of: image)) }
    for disk in disks { needed.formUnion(disk.images.map(\.path) + (disk.mirror?.images ?? []).map(\.path)) }
    for image in snapshots.flatMap(\.disks).compactMap(\.frozen) {
      needed.formUnion(chains.paths(of: image))
    }
    return needed
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
