import DiskIO
import Libvirt

/// What snapshots take and stand on, beyond what libvirt's own lists tell: sizes of their files, depth of their chains,
/// their mirrors, what of them is missing.
///
/// Files are looked at only for what is asked, and each image once.
public final class SnapshotSurvey {
  /// What is asked of each snapshot.
  public struct Aspects: OptionSet, Sendable {
    /// One bit per aspect.
    public let rawValue: Int

    /// Wraps bits.
    public init(rawValue: Int) {
      self.rawValue = rawValue
    }

    /// How large its overlays are.
    public static let overlays = Aspects(rawValue: 1)
    /// How large its memory is.
    public static let memory = Aspects(rawValue: 2)
    /// How many images it stands on.
    public static let depth = Aspects(rawValue: 4)
    /// What it is mirrored to.
    public static let mirrors = Aspects(rawValue: 8)
    /// How many children it has.
    public static let children = Aspects(rawValue: 16)
  }

  private let domain: Domain
  private let aspects: Aspects
  private let images: ImageShelf
  private let mirrors: [MirrorRecord]
  /// The chains as they are now; only where an aspect needs them.
  private let chains: [BackingChain]

  /// Gets ready for one domain's snapshots.
  ///
  /// - Parameters:
  ///   - domain: The domain.
  ///   - aspects: What will be asked.
  /// - Throws: libvirt's error, that of a document, or of a missing program.
  public init(of domain: Domain, _ aspects: Aspects) throws {
    self.domain = domain
    self.aspects = aspects
    images = ImageShelf(isLocal: try domain.connection.isLocal())
    mirrors = aspects.contains(.mirrors) ? try MirrorRecords.read(of: domain) : []
    let needsChains = aspects.contains(.depth) || !mirrors.isEmpty
    chains =
      needsChains
      ? try BackingChain.chains(of: domain, disk: nil, images: images, snapshots: [], mirrors: mirrors) : []
  }

  /// Looks at one snapshot.
  ///
  /// - Throws: libvirt's error, that of a document, or of a missing program.
  public func details(of snapshot: DomainSnapshot) throws -> SnapshotDetails {
    let xml = try snapshot.xml()
    let files = try SnapshotImages(xml: xml)
    return SnapshotDetails(
      record: try SnapshotRecord(xml: xml), files: files,
      overlays: aspects.contains(.overlays) ? files.disks.compactMap { $0.overlay.map(file) } : [],
      memory: aspects.contains(.memory) ? try memory(of: files) : nil,
      chainDepth: aspects.contains(.depth) ? try depth(of: files) : nil,
      childCount: aspects.contains(.children) ? try snapshot.childCount() : nil,
      mirrors: mirrors.filter { $0.snapshot == files.name }.flatMap(\.mirrors).map(mirror))
  }

  private func file(at place: BackingLayer.Place) -> SnapshotDetails.File {
    switch images.allocatedSize(of: place) {
    case nil: SnapshotDetails.File(place: place, size: nil, isMissing: false)
    case .success(let size): SnapshotDetails.File(place: place, size: size, isMissing: false)
    case .failure(.system(_, _, .noSuchFileOrDirectory, _)):
      SnapshotDetails.File(place: place, size: nil, isMissing: true)
    case .failure: SnapshotDetails.File(place: place, size: nil, isMissing: false)
    }
  }

  private func memory(of files: SnapshotImages) throws -> SnapshotDetails.File? {
    if let path = files.memoryFile { return file(at: BackingLayer.Place(type: "file", name: path)) }
    guard files.hasInternalMemory else { return nil }
    // QEMU puts the memory into one of the images, the first that can take it.
    for disk in files.disks where disk.location == .internal {
      guard let place = disk.frozen, let format = disk.frozenFormat,
        case .success(let information) = try images.information(of: place, format: format),
        let stored = information.storedSnapshots.first(where: { $0.name == files.name && $0.memorySize > 0 })
      else { continue }
      return SnapshotDetails.File(place: place, size: stored.memorySize, isMissing: false)
    }
    return nil
  }

  /// How many images the longest chain has that the snapshot stands on; `nil` where one of them cannot be followed to
  /// its end.
  private func depth(of files: SnapshotImages) throws -> Int? {
    let reader = BackingChainReader(images: images, connection: domain.connection, sizes: nil)
    var deepest: Int?
    for disk in files.disks {
      guard let place = disk.frozen else { return nil }
      let chain = chains.first { $0.target == disk.target }
      let found = chain?.layers.firstIndex { $0.place == place }
      let layers =
        if let chain, let found {
          Array(chain.layers[found...])
        } else {
          try reader.extended([BackingLayer(place: place, format: disk.frozenFormat ?? "raw")])
        }
      // The end of what is out of reach is known only where the hypervisor has told of it.
      let isTold = found != nil && chain?.isInUse == true
      guard layers.allSatisfy({ $0.problem == nil && (isTold || !$0.isOutOfReach) }) else { return nil }
      deepest = max(deepest ?? 0, layers.count)
    }
    return deepest
  }

  private func mirror(_ disk: MirrorRecord.Disk, to path: String) -> SnapshotDetails.Mirror {
    let copy = chains.first { $0.target == disk.target }?.copy
    let isOurs = copy?.layers.contains { $0.place.name == path } == true
    return SnapshotDetails.Mirror(
      target: disk.target, file: path, readiness: isOurs ? copy?.readiness : nil)
  }
}

/// What is known of one snapshot; what was not asked for is absent.
public struct SnapshotDetails: Equatable, Sendable {
  /// A file of the snapshot's.
  public struct File: Equatable, Sendable {
    /// Where it is.
    public let place: BackingLayer.Place
    /// Bytes that it takes on its storage; `nil` where that cannot be told.
    public let size: UInt64?
    /// There is no such file.
    public let isMissing: Bool
  }

  /// The file that one of its disks is mirrored to.
  public struct Mirror: Equatable, Sendable {
    /// The guest's name for the disk.
    public let target: String
    /// The file on the second storage.
    public let file: String
    /// How far the job is; `nil` where none runs, as after the guest has been shut off.
    public let readiness: BackingChain.Copy.Readiness?

    /// Puts them together.
    public init(target: String, file: String, readiness: BackingChain.Copy.Readiness?) {
      self.target = target
      self.file = file
      self.readiness = readiness
    }
  }

  /// What libvirt's own lists tell.
  public let record: SnapshotRecord
  /// Its disks and files.
  public let files: SnapshotImages
  /// The overlays that were made for it.
  public let overlays: [File]
  /// The guest's memory: a file of its own, or its part of a disk's image.
  public let memory: File?
  /// How many images it stands on.
  public let chainDepth: Int?
  /// How many snapshots were taken on top of it.
  public let childCount: Int?
  /// What it is mirrored to; empty for a snapshot without mirrors.
  public let mirrors: [Mirror]

  /// Bytes of all overlays; `nil` where there are none, or the size of one cannot be told.
  public var overlaySize: UInt64? {
    guard !overlays.isEmpty else { return nil }
    return overlays.reduce(0) { sum, overlay in
      guard let sum, let size = overlay.size else { return nil }
      let (total, overflow) = sum.addingReportingOverflow(size)
      return overflow ? nil : total
    }
  }

  /// The files that are not there.
  public var missingFiles: [String] {
    (overlays + [memory].compactMap { $0 }).filter(\.isMissing).map(\.place.name)
  }
}
