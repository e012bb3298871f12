import Glibc
import VMA

/// What tells one archive from another: its UUID and the time in its header.
public struct ArchiveIdentity: Equatable, Sendable {
  /// A new UUID and the present time.
  public static let fresh = ArchiveIdentity()

  /// The UUID; nil for a new one.
  public var uuid: ArchiveUUID?
  /// Seconds since 1970; nil for the present time.
  public var creationTime: Int64?
  /// Whether what is not said above follows from the configs, names and sizes alone, so that the same input makes the
  /// same bytes: the UUID is their hash, the time is 0.
  public var isReproducible: Bool

  /// An identity of which any part may be fixed.
  public init(uuid: ArchiveUUID? = nil, creationTime: Int64? = nil, isReproducible: Bool = false) {
    self.uuid = uuid
    self.creationTime = creationTime
    self.isReproducible = isReproducible
  }

  /// The header of an archive with this identity.
  func header(configs: [ArchiveConfig], devices: [ArchiveDevice]) throws(VMAError) -> ArchiveHeader {
    let time = creationTime ?? (isReproducible ? 0 : Int64(time(nil)))
    var header = ArchiveHeader(
      uuid: uuid ?? .random(), creationTime: time, configs: configs, devices: devices)
    if uuid == nil, isReproducible { header.uuid = try .derived(from: header) }
    return header
  }
}
