import DiskIO
import Glibc
import Libvirt
import SnapshotXML

/// A wish to move a guest's disks, laid beside the running guest: every path filled in, every reason against it found.
///
/// Touches nothing.
public struct StorageMigrationRequest {
  /// What the operation works from.
  public let parameters: StorageMigration.Parameters

  /// Checks a wish against a domain.
  ///
  /// - Parameters:
  ///   - domain: The domain.
  ///   - places: The disks that move and where their uppermost images go; an empty list means all that are written to.
  ///   - directory: Where everything goes that has no place of its own.
  ///   - flattens: Whether each chain becomes one qcow2 or raw image, as its uppermost one is.
  ///   - keepsOverlay: Whether the overlay of the move stays on top.
  ///   - removesOldStorage: Whether what the guest leaves behind goes.
  ///   - bandwidth: Bytes/s of the copy; `nil` for no limit.
  /// - Throws: ``MirrorError``, libvirt's error, `DiskIOError`.
  public init(
    of domain: Domain, places: [(disk: String, path: String?)], directory: String?, flattens: Bool,
    keepsOverlay: Bool, removesOldStorage: Bool, bandwidth: UInt64?
  ) throws {
    guard try domain.isActive() else {
      throw MirrorError.refused(
        "domain '\(domain.name)' is shut off, and a live migration needs the running guest: start it first, or copy "
          + "the images with qemu-img while it is off")
    }
    let xml = try domain.xml()
    let chains = try DiskChain.chains(inDomainXML: xml)
    let storage = try StorageCheck(domainXML: xml)
    let name = "storage-migrate-\(time(nil))"
    let wishes = places.isEmpty ? chains.filter(\.takesPartInSnapshots).map { ($0.target, nil) } : places
    var disks: [StorageMigration.Parameters.Disk] = []
    var overlays: [MirroredSnapshot.Parameters.Disk] = []
    for (wanted, path) in wishes {
      guard let chain = chains.first(where: { $0.target == wanted || $0.top?.path == wanted }) else {
        throw MirrorError.refused("the domain has no disk '\(wanted)'; 'domblklist' lists them")
      }
      try MirroredSnapshotRequest.checkJobs(of: chain, on: domain)
      let disk = try Self.disk(
        chain, path: path, directory: directory, flattens: flattens, snapshot: name, storage: storage)
      guard let base = chain.top, let top = disk.layers.first?.destination else { continue }
      disks.append(disk)
      overlays.append(
        .init(
          target: chain.target, base: base,
          overlay: MirrorWishes.generatedPath(from: base.path, snapshot: name), mirror: disk.mirror,
          mirrorBacking: top, format: "qcow2", reusesFiles: false))
    }
    try Self.refuseCollisions(disks, chains: chains)
    for overlay in overlays {
      try storage.checkPlace(
        of: overlay.overlay, disk: overlay.target, bytes: StorageCheck.leastBytesPerFile)
    }
    let moving = Set(overlays.map(\.target))
    let document = SnapshotDocument(
      name: name, description: "carries the move of its disks to another storage",
      disks: overlays.map {
        SnapshotDisk(
          name: $0.target, location: .external, format: .qcow2, source: SnapshotDiskSource(path: $0.overlay))
      } + chains.filter { !moving.contains($0.target) }.map { SnapshotDisk(name: $0.target, location: .no) })
    parameters = StorageMigration.Parameters(
      snapshot: .init(
        snapshot: name, xml: document.text(),
        flags: SnapshotCreateFlags([.diskOnly, .atomic]).rawValue, disks: overlays),
      disks: disks, flattens: flattens, keepsOverlay: keepsOverlay, bandwidth: bandwidth,
      removesOldStorage: removesOldStorage, domain: domain.name,
      definition: try domain.isPersistent() ? nil : domain.xml([.inactive, .secure]))
  }

  private static func disk(
    _ chain: DiskChain, path: String?, directory: String?, flattens: Bool, snapshot: String,
    storage: StorageCheck
  ) throws -> StorageMigration.Parameters.Disk {
    guard let top = chain.top, chain.type == "file" || chain.type == "block" else {
      throw MirrorError.refused(
        "disk '\(chain.target)' is on storage of type '\(chain.type)', which has no file to be moved")
    }
    guard path != nil || directory != nil else {
      throw MirrorError.refused(
        "disk '\(chain.target)' has nowhere to go: give --disk DISK=PATH, or --directory")
    }
    let images = flattens ? [top] : chain.images
    let layers = try images.map { image in
      guard ["qcow2", "raw", "qed"].contains(image.format) else {
        throw MirrorError.refused(
          "image '\(image.path)' of disk '\(chain.target)' is \(image.format): only raw, qcow2 and qed chains can be "
            + "moved")
      }
      let home = directory ?? StorageCheck.directory(of: path ?? "")
      let name = image.path.split(separator: "/").last.map(String.init) ?? chain.target
      let place = image == top ? path ?? "\(home)/\(name)" : "\(home)/\(name)"
      return StorageMigration.Parameters.Layer(
        source: image, destination: .init(path: place, format: image.format))
    }
    let needed = chain.images.reduce(UInt64(0)) { $0 + StorageLeftovers.allocatedBytes(of: $1.path) }
    for layer in layers {
      let place = layer.destination.path
      guard place.hasPrefix("/") else {
        throw MirrorError.file(disk: chain.target, path: place, reason: "is not an absolute path")
      }
      guard !StorageCheck.exists(place) else {
        throw MirrorError.file(
          disk: chain.target, path: place, reason: "exists: nothing is overwritten, give another path")
      }
      try storage.checkPlace(of: place, disk: chain.target, bytes: needed + StorageCheck.leastBytesPerFile)
    }
    let size = try QemuImage.information(path: top.path, format: ImageFormat(top.format)).virtualSize
    let mirror = (layers.first?.destination.path ?? "") + ".\(snapshot)"
    return .init(target: chain.target, size: size, layers: layers, mirror: mirror)
  }

  private static func refuseCollisions(
    _ disks: [StorageMigration.Parameters.Disk], chains: [DiskChain]
  ) throws(MirrorError) {
    var taken: [String: String] = [:]
    for disk in disks {
      for path in disk.layers.map(\.destination.path) {
        if let other = taken.updateValue(disk.target, forKey: path) {
          throw .refused(
            "two images of disks '\(other)' and '\(disk.target)' would both become '\(path)': move them with "
              + "--disk DISK=PATH to different directories")
        }
      }
    }
  }
}
