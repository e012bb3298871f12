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

    /// A disk of `size` bytes in `device`.
    public init(device: String, size: UInt64) {
      self.device = device
      self.size = size
    }
  }

  /// The version of this shape, 1.
  public var version = 1
  /// The memory stream, where there is one.
  public var memory: Memory?
  /// The disks, in the archive's order.
  public var disks: [Disk]

  /// A manifest of the present version.
  public init(memory: Memory?, disks: [Disk]) {
    self.memory = memory
    self.disks = disks
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
