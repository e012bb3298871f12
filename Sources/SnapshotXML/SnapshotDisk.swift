/// A `<disk>` of a snapshot: what is done with one of the guest's disks.
public struct SnapshotDisk: Equatable, Sendable {
  /// The disk's target (`vda`), or the path of its current source.
  public var name: String
  /// Where this disk's part of the snapshot is; nil leaves it to the guest's definition and the kind of snapshot.
  public var location: SnapshotLocation?
  /// The kind of storage the new source is on.
  public var storageType: StorageType
  /// The format of the new source.
  public var format: ImageFormat?
  /// The upper limit of the format driver's metadata cache, in bytes.
  public var metadataCacheMaximumSize: UInt64?
  /// The new source, from which the guest goes on.
  public var source: SnapshotDiskSource?
  /// A second file, an absolute path, that takes every write along with the source, in the source's format.
  public var mirror: String?
  /// Whether a deletion of this disk's part was under way (libvirt 9.0 and newer).
  public var isDeleteInProgress: Bool

  /// Makes the element.
  public init(
    name: String, location: SnapshotLocation? = nil, storageType: StorageType = .file,
    format: ImageFormat? = nil,
    metadataCacheMaximumSize: UInt64? = nil, source: SnapshotDiskSource? = nil, mirror: String? = nil,
    isDeleteInProgress: Bool = false
  ) {
    self.name = name
    self.location = location
    self.storageType = storageType
    self.format = format
    self.metadataCacheMaximumSize = metadataCacheMaximumSize
    self.source = source
    self.mirror = mirror
    self.isDeleteInProgress = isDeleteInProgress
  }

  /// The kinds of storage a snapshot can be on (`virStorageType`), as written in `type='…'`.
  public enum StorageType: String, Sendable, CaseIterable {
    /// A file, `<source file='…'/>`.
    case file
    /// A block device, `<source dev='…'/>`.
    case block
    /// A storage protocol, `<source protocol='…'>`.
    case network
    /// An NVMe drive by its PCI address.
    case nvme
    /// A vhost-user process behind a Unix socket.
    case vhostUser = "vhostuser"
  }

  /// The image formats libvirt 9.0 knows (`virStorageFileFormat`), as written in `<driver type='…'/>`.
  ///
  /// Which of them can be an overlay is the driver's affair: QEMU's takes qcow2 and qed.
  public enum ImageFormat: String, Sendable, CaseIterable {
    case raw, dir, bochs, cloop, dmg, iso, vpc, vdi, fat, vhd, ploop, cow, qcow, qcow2, qed, vmdk
  }

  /// Whether libvirt prints type, driver and source: it does when there is a path or a format.
  var hasPrintedSource: Bool { pathInUse != nil || format != nil }

  /// The path that libvirt counts as this disk's (`virStorageSource.path`), nil where it has none.
  ///
  /// For RBD and Gluster that is what follows the pool or volume.
  var pathInUse: String? {
    switch storageType {
    case .file, .block: return source?.path
    case .network:
      guard let network = source?.network, let path = source?.path else { return nil }
      guard network.protocol.splitsPath else { return path }
      let image = path.drop { $0 != "/" }.dropFirst()
      return image.isEmpty ? nil : String(image)
    case .nvme, .vhostUser: return nil
    }
  }
}
