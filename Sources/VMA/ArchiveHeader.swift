/// A device of an archive: a disk, or the memory stream when it is named `vmstate`.
public struct ArchiveDevice: Equatable, Hashable, Sendable {
  /// The number by which slots name the device, 1 to 254; gaps are allowed.
  public let id: UInt8
  /// The name, for example `drive-scsi0`; one path component, unique in the archive.
  public let name: String
  /// The size in bytes, a multiple of 512.
  ///
  /// For `vmstate` an upper bound, and only informational to readers.
  public let size: UInt64

  /// Describes a device; ``ArchiveHeader/encoded()`` checks the values.
  public init(id: UInt8, name: String, size: UInt64) {
    self.id = id
    self.name = name
    self.size = size
  }

  /// Whether this is the sequential memory stream instead of a disk.
  public var isVMState: Bool { name == Layout.vmstateName }

  /// The number of clusters that the size takes, the last one perhaps partial.
  public var clusterCount: UInt64 { Layout.clusters(in: size) }
}

/// A named blob that travels in the header, such as `qemu-server.conf`.
public struct ArchiveConfig: Equatable, Sendable {
  /// The name: one path component, unique in the archive.
  public let name: String
  /// The content, at most 65535 bytes; may be empty.
  public let data: [UInt8]

  /// Describes a config; ``ArchiveHeader/encoded()`` checks the values.
  public init(name: String, data: [UInt8]) {
    self.name = name
    self.data = data
  }
}

/// What the header promises about digests (docs/vma-integrity.md).
public enum IntegrityPromise: Equatable, Sendable {
  /// No digests: an archive of Proxmox's own tools.
  case none
  /// A digest in every extent and a trailer at the end.
  case digests
  /// A version of the integrity format that this reader does not know.
  case unknown(version: UInt8)
}

/// The header of a VMA archive: identity, configs and devices.
public struct ArchiveHeader: Equatable, Sendable {
  /// The archive's identity, repeated in every extent.
  public var uuid: ArchiveUUID
  /// When the archive was made, in seconds since 1970-01-01 UTC.
  public var creationTime: Int64
  /// The configs, in the order of the header's table.
  public var configs: [ArchiveConfig]
  /// The devices, in ascending order of their ids once decoded.
  public var devices: [ArchiveDevice]
  /// Whether digests follow.
  public var integrity: IntegrityPromise

  /// Describes an archive about to be written.
  public init(
    uuid: ArchiveUUID, creationTime: Int64, configs: [ArchiveConfig] = [], devices: [ArchiveDevice],
    integrity: IntegrityPromise = .digests
  ) {
    self.uuid = uuid
    self.creationTime = creationTime
    self.configs = configs
    self.devices = devices
    self.integrity = integrity
  }

  /// Whether these bytes, the first of a file, are those of an archive.
  public static func begins(with start: some Collection<UInt8>) -> Bool {
    start.starts(with: Layout.Header.magic)
  }

  /// The device with this name, if there is one.
  public func device(named name: String) -> ArchiveDevice? {
    devices.first { $0.name == name }
  }

  /// The config with this name, if there is one.
  public func config(named name: String) -> ArchiveConfig? {
    configs.first { $0.name == name }
  }
}
