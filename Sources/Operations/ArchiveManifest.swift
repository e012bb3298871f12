import FoundationEssentials
import VMA

/// What snapsh notes in an archive for its own restore: the config `snapsh.json` (docs/vma-integrity.md).
///
/// Unknown members are ignored, so that later versions can add some.
public struct ArchiveManifest: Codable, Equatable, Sendable {
  /// The name of the config.
  public static let configName = "snapsh.json"

  /// The memory stream as it was before it was filled up to whole clusters.
  public struct Memory: Codable, Equatable, Sendable {
    /// The device that holds it.
    public var device: String
    /// Its true length in bytes.
    public var length: UInt64

    /// A stream of `length` bytes in `device`.
    public init(device: String, length: UInt64) {
      self.device = device
      self.length = length
    }
  }

  /// A disk of the archive.
  public struct Disk: Codable, Equatable, Sendable {
    /// The device that holds it.
    public var device: String
    /// Its size in bytes.
    public var size: UInt64
    /// The guest's name for it, where it is a guest's.
    public var target: String?
    /// The format of the image it came from, where it is a guest's.
    public var format: String?

    /// A disk of `size` bytes in `device`.
    public init(device: String, size: UInt64, target: String? = nil, format: String? = nil) {
      self.device = device
      self.size = size
      self.target = target
      self.format = format
    }
  }

  /// The libvirt guest that the archive is of.
  public struct Guest: Codable, Equatable, Sendable {
    /// How the archive was made.
    public enum Mode: String, Codable, Sendable {
      /// The disks of one instant, of a running guest or one that is shut off.
      case disks
      /// Disks and memory of one instant, the guest running on meanwhile.
      case memory
      /// Disks and memory of a guest that was stopped for it, or paused.
      case cold
    }

    /// What the disks are like for whoever boots from them.
    public enum Consistency: String, Codable, Sendable {
      /// As after a power cut.
      case crash
      /// As after a clean shutdown: the file systems were frozen, or the guest was off.
      case filesystem
      /// The guest's memory belongs to them and goes on.
      case memory
    }

    /// The domain's name.
    public var name: String
    /// Its UUID.
    public var uuid: String
    /// How the archive was made.
    public var mode: Mode
    /// What the disks are like.
    public var consistency: Consistency
    /// The instant that disks and memory show, by RFC 3339 in UTC.
    public var instant: String
    /// The same in seconds since 1970.
    public var instantSeconds: Int64
    /// Whether the guest ran at that instant, and so does once it is brought back.
    public var wasRunning: Bool
    /// The save image's cookie, for exactly the same virtual CPU; nil without memory.
    public var cookie: String?
    /// The device that holds the guest's UEFI variables, where it has any.
    public var nvramDevice: String?
  }

  /// The version of this shape, 1.
  public var version = 1
  /// The memory stream, where there is one.
  public var memory: Memory?
  /// The disks, in the archive's order.
  public var disks: [Disk]
  /// The guest, where the archive is of one.
  public var guest: Guest?

  /// A manifest of the present version.
  public init(memory: Memory?, disks: [Disk], guest: Guest? = nil) {
    self.memory = memory
    self.disks = disks
    self.guest = guest
  }

  /// As the config of an archive.
  ///
  /// - Throws: `EncodingError`, which numbers and names do not cause.
  /// - Returns: the config, JSON with sorted keys.
  public func config() throws -> ArchiveConfig {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return ArchiveConfig(name: Self.configName, data: Array(try encoder.encode(self)) + [UInt8(ascii: "\n")])
  }

  /// Reads the manifest of an archive; nil where there is none of this version.
  public init?(of header: ArchiveHeader) {
    guard let config = header.config(named: Self.configName),
      let manifest = try? JSONDecoder().decode(ArchiveManifest.self, from: Data(config.data)),
      manifest.version == 1
    else { return nil }
    self = manifest
  }
}
