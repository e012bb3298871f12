import DiskIO
import Glibc
import SystemPackage
import VMA

/// What goes into a new archive.
public struct ArchiveContents {
  /// A device of the archive and where its bytes come from.
  public struct Device {
    /// The name in the archive: `drive-scsi0`, or `vmstate` for a memory stream.
    public let name: String
    let source: any DiskSource
    /// The true length of a memory stream in bytes; nil for a disk.
    let streamLength: UInt64?

    /// A disk.
    ///
    /// - Parameters:
    ///   - name: the device's name in the archive.
    ///   - source: the open disk.
    public init(disk name: String, _ source: any DiskSource) {
      self.name = name
      self.source = source
      streamLength = nil
    }

    /// A memory stream, in a file; it is stored as `vmstate`, and its true length in ``ArchiveManifest``.
    ///
    /// - Parameter file: the open file, as a raw image.
    public init(memory file: RawImage) {
      name = Layout.vmstateName
      source = file
      streamLength = file.contentSize
    }

    /// A memory stream that stands inside of another file.
    ///
    /// - Parameter region: the stream, such as a save image's.
    public init(memory region: FileRegion) {
      name = Layout.vmstateName
      source = region
      streamLength = region.contentSize
    }
  }

  /// Blobs for the header.
  public var configs: [ArchiveConfig]
  /// Disks and memory, in the order they are written.
  public var devices: [Device]

  /// What goes into the archive.
  public init(configs: [ArchiveConfig], devices: [Device]) {
    self.configs = configs
    self.devices = devices
  }

  /// Reads a file that becomes a config under its own name.
  ///
  /// - Parameter path: a file of at most 65535 bytes.
  /// - Throws: ``ArchiveOperationError``.
  /// - Returns: the config.
  public static func config(path: String) throws -> ArchiveConfig {
    guard let name = FilePath(path).lastComponent?.string, name != "..", name != "." else {
      throw ArchiveOperationError.configWithoutName(path: path)
    }
    return ArchiveConfig(name: name, data: try SmallFile.read(path, limit: Layout.maximumBlob))
  }

  /// The header's devices, ids from 1 on.
  func archiveDevices() throws -> [ArchiveDevice] {
    guard devices.count <= Layout.deviceIDs.count else {
      throw ArchiveOperationError.tooManyDevices(devices.count)
    }
    return zip(Layout.deviceIDs, devices).map { id, device in
      ArchiveDevice(id: id, name: device.name, size: device.source.size)
    }
  }
}

/// Files that are read whole because they are small.
enum SmallFile {
  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: the most bytes it may have.
  /// - Throws: ``ArchiveOperationError``.
  /// - Returns: all bytes.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      return try file.closeAfter {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
          let more = try bytes.withUnsafeMutableBytes {
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
          }
          if more == 0 { break }
          count += more
        }
        guard count <= limit else { throw ArchiveOperationError.configTooLarge(path: path) }
        return Array(bytes[..<count])
      }
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "read", path: path, errno: error)
    }
  }
}
