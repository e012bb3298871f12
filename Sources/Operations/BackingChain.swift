import DiskIO
import Libvirt
import XMLTree

/// The images that one disk of a guest is made of, from the one that the guest writes to down to the base.
///
/// Of a running guest it is what the hypervisor has open (`<backingStore>` of its document); of one that is shut off it
/// is what the images say of each other, read by their headers alone. Formats are never guessed, and what is on
/// another host or behind a storage protocol is named but not looked at.
public struct BackingChain: Equatable, Sendable {
  /// A copy that a block job keeps of the disk.
  public struct Copy: Equatable, Sendable {
    /// How far the job is.
    public enum Readiness: String, Encodable, Sendable {
      /// It copies what was there before it began.
      case copying
      /// Every write goes to both.
      case ready
      /// The guest is being moved to the copy.
      case pivoting
      /// The job is being cancelled.
      case aborting
    }

    /// What the job is for (`<mirror job='…'>`): `copy`, or `active-commit`, whose copy is an image of the chain itself.
    public let job: String
    /// How far it is.
    public let readiness: Readiness
    /// The copy's image and, where they are known, those below it that are not the disk's own.
    public internal(set) var layers: [BackingLayer]
  }

  /// The guest's name for the disk, such as `vda`.
  public let target: String
  /// What the guest sees: `disk`, `cdrom`, …
  public let device: String
  /// Whether this is what a running guest has open.
  public let isInUse: Bool
  /// The images, the one that the guest writes to first; none for an empty drive.
  public internal(set) var layers: [BackingLayer]
  /// The copy that a block job keeps.
  public internal(set) var copy: Copy?

  /// Whether nothing is wrong with any image, that of the copy included.
  public var isWhole: Bool {
    (layers + (copy?.layers ?? [])).allSatisfy { $0.problem == nil }
  }

  /// The chains of a domain's disks, in the order of its document.
  ///
  /// - Parameters:
  ///   - domain: The domain, running or not.
  ///   - disk: One disk, by its target or by its present source; `nil` for all that are not empty.
  /// - Throws: ``BackingChainError``; the error of libvirt, of its document, or of a missing program.
  /// - Returns: At least one chain where a disk was named.
  public static func chains(of domain: Domain, disk: String? = nil) throws -> [BackingChain] {
    try chains(
      of: domain, disk: disk, images: ImageShelf(isLocal: try domain.connection.isLocal()),
      snapshots: SnapshotImages.all(of: domain), mirrors: MirrorRecords.read(of: domain))
  }

  /// The same with images, snapshots and mirrors that have been read already.
  static func chains(
    of domain: Domain, disk: String?, images: ImageShelf, snapshots: [SnapshotImages], mirrors: [MirrorRecord]
  ) throws -> [BackingChain] {
    let isActive = try domain.isActive()
    let document = try XMLDocument.parse(domain.xml())
    let reader = BackingChainReader(
      images: images, connection: domain.connection, sizes: isActive ? LiveImageSizes(of: domain) : nil)
    var chains: [BackingChain] = []
    for element in document.root.elements(named: "devices").flatMap({ $0.elements(named: "disk") }) {
      let summary = DomainDisk(element)
      guard disk.map({ $0 == summary.target || $0 == summary.source }) ?? (summary.source != nil) else {
        continue
      }
      var chain = try reader.chain(of: element, isActive: isActive)
      chain.attribute(to: snapshots, mirrors: mirrors)
      chains.append(chain)
    }
    if let disk, chains.isEmpty { throw BackingChainError(domain: domain.name, disk: disk) }
    return chains
  }

  /// Writes down which snapshot each image belongs to.
  mutating func attribute(to snapshots: [SnapshotImages], mirrors: [MirrorRecord]) {
    layers = layers.map { attributed($0, to: snapshots, mirrors: mirrors) }
    if var kept = copy {
      kept.layers = kept.layers.map { attributed($0, to: snapshots, mirrors: mirrors) }
      copy = kept
    }
  }

  private func attributed(
    _ layer: BackingLayer, to snapshots: [SnapshotImages], mirrors: [MirrorRecord]
  ) -> BackingLayer {
    var layer = layer
    layer.mirrorOf = mirrors.filter { record in
      record.disks.contains { $0.target == target && $0.mirror == layer.place.name }
    }.map(\.snapshot)
    for snapshot in snapshots {
      guard let disk = snapshot.disks.first(where: { $0.target == target }) else { continue }
      if disk.overlay == layer.place { layer.overlayOf.append(snapshot.name) }
      guard disk.frozen == layer.place else { continue }
      switch disk.location {
      case .external: layer.frozenBy.append(snapshot.name)
      case .internal: layer.internalSnapshots.append(snapshot.name)
      case .no, .manual: break
      }
    }
    return layer
  }
}

/// A disk that a domain does not have.
public struct BackingChainError: Error, Equatable, CustomStringConvertible {
  /// The domain's name.
  public let domain: String
  /// What was asked for.
  public let disk: String

  /// One sentence.
  public var description: String {
    "domain '\(domain)' has no disk '\(disk)'; 'domblklist \(domain)' tells which it has"
  }
}
