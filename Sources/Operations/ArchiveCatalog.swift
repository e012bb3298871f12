import Compression
import FoundationEssentials
import Glibc
import SystemPackage
import VMA

/// The archives of a directory, each from its header alone.
public struct ArchiveCatalog {
  /// An archive, or what claims to be one.
  public struct Entry: Sendable {
    /// The file's path.
    public let path: String
    /// Bytes of the file.
    public let fileSize: UInt64
    /// How it is compressed; nil for one that is not, or that could not be read.
    public let compression: CompressionFormat?
    /// The header; nil for an archive that is damaged.
    public let header: ArchiveHeader?
    /// What is wrong with it; nil where nothing shows in the header.
    public let problem: String?
    /// When it was last found whole; nil where that was never noted, or it has changed since.
    public let verification: VerificationRecord?

    /// What the archive tells of its guest; nil for archives of other origin.
    public var guest: ArchiveManifest.Guest? { header.flatMap(ArchiveManifest.init(of:))?.guest }

    /// The instant that the archive shows, in seconds since 1970; nil for a damaged one.
    public var instant: Int64? { guest?.instantSeconds ?? header?.creationTime }

    /// Bytes of its disks.
    public var diskBytes: UInt64 {
      header?.devices.filter { !$0.isVMState }.reduce(0) { $0 + $1.size } ?? 0
    }

    /// Bytes of its memory stream; nil where there is none.
    public var memoryBytes: UInt64? {
      guard let device = header?.devices.first(where: \.isVMState) else { return nil }
      return header.flatMap(ArchiveManifest.init(of:))?.memory?.length ?? device.size
    }
  }

  /// The archives by name.
  public let entries: [Entry]

  /// Looks through a directory, or at one file.
  ///
  /// Files that are no archives are left out; so are directories, pipes and names that begin with a dot.
  /// - Parameters:
  ///   - path: the directory or file.
  ///   - cancellation: asked before each file.
  /// - Throws: ``ArchiveOperationError`` for a directory that cannot be read, or one file that is no archive.
  public init(of path: String, cancellation: Cancellation) throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw ArchiveOperationError.file(operation: "look into", path: path, errno: Errno(rawValue: errno))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      // Whoever names a file wants to know what is wrong with it.
      guard let entry = try Self.entry(path, cancellation) else {
        throw ArchiveOperationError.notAnArchive(path: path)
      }
      entries = [entry]
      return
    }
    var found: [Entry] = []
    for name in try Self.names(in: path) {
      try cancellation.check()
      if let entry = try Self.entry(path == "." ? name : FilePath(path).appending(name).string, cancellation)
      {
        found.append(entry)
      }
    }
    entries = found
  }

  private static func names(in directory: String) throws -> [String] {
    guard let stream = opendir(directory) else {
      throw ArchiveOperationError.file(
        operation: "look into", path: directory, errno: Errno(rawValue: errno))
    }
    closedir(stream)
    return try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func entry(_ path: String, _ cancellation: Cancellation) throws -> Entry? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, OpenArchive.begins(at: path),
      let size = UInt64(exactly: status.st_size)
    else { return nil }
    do {
      let archive = try OpenArchive(path: path, cancellation: cancellation)
      return Entry(
        path: path, fileSize: size, compression: archive.compression, header: archive.header, problem: nil,
        verification: VerificationRecord(of: path))
    } catch let error as ArchiveOperationError {
      guard isArchive(path, error) else { return nil }
      return Entry(
        path: path, fileSize: size, compression: nil, header: nil, problem: error.description,
        verification: nil)
    }
  }

  /// Whether what could not be read is an archive nonetheless: by its beginning, or where that is compressed by its name.
  private static func isArchive(_ path: String, _ error: ArchiveOperationError) -> Bool {
    switch error {
    case .notAnArchiveInside: false
    case .compression: FilePath(path).lastComponent?.string.contains(".vma") ?? false
    default: true
    }
  }
}

extension ArchiveCatalog.Entry {
  /// The name under which Proxmox's tools take the archive for one of a virtual machine.
  ///
  /// `vzdump-qemu-VMID-YYYY_MM_DD-HH_MM_SS.vma`, `.zst` or the like behind it where it is compressed; the time is local.
  /// - Parameter machine: the machine's number there, 100 to 999999999.
  /// - Returns: the name; nil for an archive that is damaged.
  public func proxmoxName(machine: Int) -> String? {
    guard let seconds = instant else { return nil }
    var instant = time_t(seconds)
    var fields = tm()
    guard localtime_r(&instant, &fields) != nil else { return nil }
    // The last year that localtime_r can tell is no Int32 once 1900 is added.
    func digits(_ number: Int32, from origin: Int = 0, _ count: Int) -> String {
      let text = String(Int(number) + origin)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = [
      digits(fields.tm_year, from: 1900, 4), digits(fields.tm_mon, from: 1, 2), digits(fields.tm_mday, 2),
    ]
    let clock = [fields.tm_hour, fields.tm_min, fields.tm_sec].map { digits($0, 2) }
    return "vzdump-qemu-\(machine)-\(day.joined(separator: "_"))-\(clock.joined(separator: "_")).vma"
      + (compression?.proxmoxExtension.map { "." + $0 } ?? "")
  }
}
