import Compression
import DiskIO
import FoundationEssentials
import Glibc
import SystemPackage
import VMA

/// Where a new archive goes.
public enum ArchiveDestination {
  /// A path: a new file, or an existing pipe or character device.
  case path(String)
  /// A directory that does not exist yet: no archive but plain files, the images in this format. For guests only.
  case directory(String, format: ImageFormat)
  /// Anything that takes bytes; the name is for messages.
  case output(any ArchiveOutput, name: String)

  /// What the archive is called in messages.
  var name: String {
    switch self {
    case .path(let path), .directory(let path, _): path
    case .output(_, let name): name
    }
  }

  /// Its path from the root; nil for what has none.
  var absolutePath: String? {
    switch self {
    case .path(let path), .directory(let path, _):
      path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    case .output: nil
    }
  }

  /// Whether it will be a new file, which can be written again at its beginning.
  var isFile: Bool {
    guard case .path(let path) = self else { return false }
    var status = stat()
    return stat(path, &status) != 0
  }
}

/// An opened destination: a file without its name yet, or something that takes the bytes as they come.
final class OpenDestination {
  let output: any ArchiveOutput
  private let partial: PartialFile?
  private let descriptor: FileDescriptor?

  private init(_ output: any ArchiveOutput, partial: PartialFile? = nil, descriptor: FileDescriptor? = nil) {
    self.output = output
    self.partial = partial
    self.descriptor = descriptor
  }

  /// Opens the destination; a file that exists is refused.
  ///
  /// What is compressed cannot be written again at its beginning, so `compression` is for who does not need that.
  static func open(
    _ destination: ArchiveDestination, compression: CompressionSetting? = nil, cancellation: Cancellation
  ) throws -> OpenDestination {
    func compressed(_ output: any ArchiveOutput) throws(CompressionError) -> any ArchiveOutput {
      guard let compression else { return output }
      return try CompressingOutput(output, compression)
    }
    switch destination {
    case .directory(let path, _):
      throw ArchiveOperationError.file(operation: "write an archive to", path: path, errno: .isDirectory)
    case .output(let given, _):
      return OpenDestination(try compressed(given))
    case .path(let path):
      if let stream = try openStream(path, cancellation) {
        PipeCapacity.enlarge(stream.rawValue)
        return OpenDestination(try compressed(DescriptorOutput(stream)), descriptor: stream)
      }
      let file = try PartialFile(path: path)
      return OpenDestination(try compressed(DescriptorOutput(file.descriptor)), partial: file)
    }
  }

  deinit { try? descriptor?.close() }

  /// Whether the beginning can be written again.
  var isFile: Bool { partial != nil }

  /// Writes over the beginning of a file.
  func rewriteBeginning(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try partial?.write($0, at: 0) }
  }

  /// Gives a file its name.
  ///
  /// - Parameter sync: whether to wait until the bytes are on stable storage.
  /// - Throws: `DiskIOError`.
  func complete(sync: Bool = false) throws { try partial?.complete(sync: sync) }

  /// Opens what takes bytes but is no file; nil where there is nothing at the path yet.
  private static func openStream(_ path: String, _ cancellation: Cancellation) throws -> FileDescriptor? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    guard [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT) else { throw DiskIOError.exists(path: path) }
    do {
      // A pipe is waited for until somebody reads; Ctrl-C ends the wait.
      return try FileDescriptor.open(
        FilePath(path), .writeOnly, options: .closeOnExec, retryOnInterrupt: false)
    } catch Errno.interrupted {
      try cancellation.check()
      return try openStream(path, cancellation)
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "open", path: path, errno: error)
    }
  }
}
