import CLinux
import Compression
import DiskIO
import FoundationEssentials
import Glibc
import SystemPackage
import VMA

/// An archive in a file, readable in any order.
public final class IndexedArchive: Sendable {
  /// Where the index comes from.
  public enum Origin: Equatable, Sendable {
    /// The extents' headers were read.
    case read
    /// The file that is kept beside the archive.
    case kept(path: String)
    /// The headers were read, because the file at `path` could not be used; `reason` is a sentence.
    case readInstead(path: String, reason: String)
  }

  /// The file.
  public let path: String
  /// The devices.
  public let content: ArchiveContent
  /// Where the index comes from.
  public let origin: Origin

  private let storage: DescriptorStorage
  private let descriptor: FileDescriptor
  private let modified: ArchiveIndexFile.Moment

  /// The index.
  public var index: ArchiveIndex { content.index }

  /// The name under which an archive's index is looked for.
  public static func indexPath(of archive: String) -> String { archive + ".idx" }

  /// Opens an archive, and takes its index from beside it or makes one.
  ///
  /// - Parameters:
  ///   - path: a file that is not compressed.
  ///   - usesKept: whether an index beside the archive is used; one that is stale or damaged never is.
  ///   - cancellation: asked while the headers are read.
  ///   - progress: told of the bytes of the archive that were passed.
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``.
  public convenience init(
    path: String, usesKept: Bool = true, cancellation: Cancellation, progress: (any ProgressReceiver)? = nil
  ) throws {
    try self.init(
      Self.open(path), name: path, usesKept: usesKept, cancellation: cancellation, progress: progress)
  }

  /// Takes over an open file that nobody else knows.
  convenience init(adopting descriptor: FileDescriptor, name: String, cancellation: Cancellation) throws {
    guard let storage = DescriptorStorage(descriptor) else {
      try? descriptor.close()
      throw ArchiveOperationError.notRandomAccess(path: name, nil)
    }
    try self.init(
      (descriptor, storage, .init(seconds: 0, nanoseconds: 0)), name: name, usesKept: false,
      cancellation: cancellation, progress: nil)
  }

  private init(
    _ file: (FileDescriptor, DescriptorStorage, ArchiveIndexFile.Moment), name path: String, usesKept: Bool,
    cancellation: Cancellation, progress: (any ProgressReceiver)?
  ) throws {
    self.path = path
    let (descriptor, storage, modified) = file
    do {
      try Self.refuseCompressed(path, storage)
      let total = storage.size
      var origin = Origin.read
      var index: ArchiveIndex?
      if usesKept { (index, origin) = Self.kept(of: path, storage, modified) }
      let made =
        try index
        ?? ArchiveOperationError.naming(path) {
          try ArchiveIndex(of: storage) { [storage] passed in
            try cancellation.check()
            progress?.report(OperationProgress(completed: passed, total: storage.size, zeros: 0))
          }
        }
      progress?.report(OperationProgress(completed: total, total: total, zeros: 0))
      content = ArchiveContent(made, in: storage)
      self.origin = origin
      self.descriptor = descriptor
      self.storage = storage
      self.modified = modified
    } catch {
      try? descriptor.close()
      throw error
    }
  }

  deinit { try? descriptor.close() }

  /// Makes sure that an index may be kept at `path`: nothing is there, or another index.
  ///
  /// - Throws: ``ArchiveOperationError``, `.notAnIndex` for anything else, which is nobody's to replace.
  /// - Returns: whether an index is there.
  @discardableResult
  public static func requirePlace(forIndexAt path: String) throws(ArchiveOperationError) -> Bool {
    do {
      // A pipe is refused, not waited for; a link is not followed, since it is what would be replaced.
      let file = try FileDescriptor.open(
        FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking, .noFollow])
      defer { try? file.close() }
      var start = [UInt8](repeating: 0, count: ArchiveIndexFile.recognisableLength)
      let count = try start.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
      if ArchiveIndexFile.begins(with: Array(start.prefix(count))) { return true }
    } catch Errno.noSuchFileOrDirectory {
      return false
    } catch {
      // What cannot be read may be anything.
    }
    throw .notAnIndex(path: path)
  }

  /// Writes the index to a file; an index that is there is replaced as a whole.
  ///
  /// - Throws: ``ArchiveOperationError``, `.notAnIndex` for a file that is there and is something else.
  public func keepIndex(at path: String) throws {
    let replaces = try Self.requirePlace(forIndexAt: path)
    let bytes = ArchiveIndexFile.encoded(index, modified: modified)
    do {
      // An index tells which parts of a secret disk are empty, so it is as secret as the archive.
      let draft = "\(path).\(getpid()).partial"
      let file = try FileDescriptor.open(
        FilePath(draft), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerReadWrite])
      do {
        try file.closeAfter { _ = try file.writeAll(bytes) }
        guard Self.name(draft, path, replaces) else { throw Errno(rawValue: errno) }
      } catch {
        unlink(draft)
        throw error
      }
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "write", path: path, errno: error)
    }
  }

  /// `rename`; where nothing is to be replaced `renameat2` with `RENAME_NOREPLACE`, or `link` and `unlink`.
  private static func name(_ draft: String, _ path: String, _ replaces: Bool) -> Bool {
    if replaces { return rename(draft, path) == 0 }
    if renameat2(AT_FDCWD, draft, AT_FDCWD, path, UInt32(LINUX_RENAME_NOREPLACE)) == 0 { return true }
    guard errno == EINVAL || errno == ENOSYS, link(draft, path) == 0 else { return false }
    unlink(draft)
    return true
  }

  /// The device of this name, as its place in the index.
  ///
  /// - Throws: ``ArchiveOperationError`` `.unknownDevices`.
  public func position(of name: String) throws(ArchiveOperationError) -> Int {
    guard let position = index.position(of: name) else {
      throw .unknownDevices([name], known: index.devices.map(\.device.name))
    }
    return position
  }

  /// Words that only this device with these contents has: its digest; without one, what the archive's file is like.
  ///
  /// The UUID is not enough: that of a reproducible archive does not depend on what is on its disks.
  func contentMark(ofDevice position: Int) -> String {
    guard let digest = index.digests[index.devices[position].device.id] else {
      return "\(index.header.uuid)-\(index.archiveSize)-\(modified.seconds).\(modified.nanoseconds)"
    }
    let numbers = [digest.nonZeroBlocks, digest.value.high, digest.value.low]
    return "\(index.header.uuid)-" + numbers.map { String($0, radix: 16) }.joined(separator: "-")
  }

  /// Bytes that a device holds: a disk's size, or the memory stream's true length where the archive says it.
  public func length(ofDevice position: Int) -> UInt64 {
    let device = index.devices[position]
    guard device.device.isVMState, let memory = ArchiveManifest(of: index.header)?.memory,
      memory.device == device.device.name
    else { return device.length }
    return min(memory.length, device.length)
  }

  private static func open(
    _ path: String
  ) throws -> (FileDescriptor, DescriptorStorage, ArchiveIndexFile.Moment) {
    do {
      // A pipe without a writer is refused, not waited for.
      let descriptor = try FileDescriptor.open(
        FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
      var status = stat()
      guard let storage = DescriptorStorage(descriptor), fstat(descriptor.rawValue, &status) == 0 else {
        try? descriptor.close()
        throw ArchiveOperationError.notRandomAccess(path: path, nil)
      }
      let modified = ArchiveIndexFile.Moment(
        seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(clamping: status.st_mtim.tv_nsec))
      return (descriptor, storage, modified)
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "open", path: path, errno: error)
    }
  }

  private static func refuseCompressed(_ path: String, _ storage: DescriptorStorage) throws {
    var start = [UInt8](repeating: 0, count: CompressionFormat.recognisableLength)
    let count = try ArchiveOperationError.naming(path) {
      try start.withUnsafeMutableBytes { try storage.read(into: $0, at: 0) }
    }
    guard let format = CompressionFormat(startingWith: start.prefix(count)) else { return }
    throw ArchiveOperationError.notRandomAccess(path: path, format)
  }

  private static func kept(
    of path: String, _ storage: DescriptorStorage, _ modified: ArchiveIndexFile.Moment
  ) -> (ArchiveIndex?, Origin) {
    let beside = indexPath(of: path)
    do {
      let file = try FileDescriptor.open(FilePath(beside), .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? file.close() }
      guard let kept = DescriptorStorage(file), kept.size <= UInt64(ArchiveIndexFile.maximumSize) else {
        return (nil, .readInstead(path: beside, reason: "it is no index"))
      }
      var bytes = [UInt8](repeating: 0, count: Int(clamping: kept.size))
      let count = try bytes.withUnsafeMutableBytes { try kept.read(into: $0, at: 0) }
      let index = try ArchiveIndexFile.index(Array(bytes.prefix(count)), of: storage, modified: modified)
      return (index, .kept(path: beside))
    } catch Errno.noSuchFileOrDirectory {
      return (nil, .read)
    } catch {
      return (nil, .readInstead(path: beside, reason: "\(error)"))
    }
  }
}
