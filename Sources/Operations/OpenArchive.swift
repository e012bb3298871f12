import Compression
import SystemPackage
import VMA

/// An archive that is open for reading, its header read and checked.
public final class OpenArchive {
  /// What the archive is called in messages.
  public let name: String
  /// The header.
  public var header: ArchiveHeader { reader.header }
  /// How the file is compressed; nil for one that is not.
  public let compression: CompressionFormat?

  private let reader: ArchiveReader
  private let file: ArchiveFileInput
  private let input: RecognisedInput
  private let descriptor: FileDescriptor
  private let ownsDescriptor: Bool
  private let cancellation: Cancellation

  /// Opens an archive and reads its header.
  ///
  /// - Parameters:
  ///   - path: a file or pipe, or `-` for standard input.
  ///   - cancellation: ends also the wait for a pipe that brings nothing.
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``.
  public init(path: String, cancellation: Cancellation) throws {
    let name = path == "-" ? "standard input" : path
    self.name = name
    self.cancellation = cancellation
    ownsDescriptor = path != "-"
    do {
      descriptor =
        path == "-"
        ? .standardInput : try Self.descriptor(path, cancellation)
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "open", path: path, errno: error)
    }
    let file = ArchiveFileInput(descriptor, cancellation: cancellation)
    let input = RecognisedInput(file)
    self.file = file
    self.input = input
    do {
      (reader, compression) = try ArchiveOperationError.naming(name) {
        do { return (try ArchiveReader(input: input), input.format) } catch let error as VMAError
          where error.reason == .notAnArchive && input.format != nil
        {
          throw ArchiveOperationError.notAnArchiveInside(path: name, input.format ?? .zstd)
        }
      }
    } catch {
      file.stop()
      input.end()
      if path != "-" { try? descriptor.close() }
      throw error
    }
  }

  /// Opens a file or pipe for reading; a pipe is waited for until somebody writes, and a cancellation ends the wait.
  ///
  /// - Throws: `Errno`, ``CancelledError``.
  static func descriptor(_ path: String, _ cancellation: Cancellation) throws -> FileDescriptor {
    while true {
      do {
        return try FileDescriptor.open(
          FilePath(path), .readOnly, options: .closeOnExec, retryOnInterrupt: false)
      } catch Errno.interrupted {
        try cancellation.check()
      }
    }
  }

  /// Whether a file begins as an archive does, compressed or not.
  ///
  /// - Parameter path: the file.
  /// - Returns: false also for what cannot be opened or is no file.
  public static func begins(at path: String) -> Bool {
    guard
      let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return false }
    defer { try? file.close() }
    var start = [UInt8](repeating: 0, count: CompressionFormat.recognisableLength)
    guard let count = start.withUnsafeMutableBytes({ try? file.read(fromAbsoluteOffset: 0, into: $0) })
    else { return false }
    return ArchiveHeader.begins(with: start.prefix(count))
      || CompressionFormat(startingWith: start.prefix(count)) != nil
  }

  deinit {
    // Nobody reads from the descriptor any more when it is closed.
    file.stop()
    input.end()
    if ownsDescriptor { try? descriptor.close() }
  }

  /// Bytes of the devices that the header promises, in whole clusters.
  public var expectedBytes: UInt64 {
    header.devices.reduce(0) { $0 + $1.clusterCount } * UInt64(Layout.clusterSize)
  }

  /// Runs a step; what fails because of a cancellation (a server that Ctrl-C ended as well) counts as cancelled.
  public func cancellable<Result>(_ step: () throws -> Result) throws -> Result {
    do { return try step() } catch {
      try cancellation.check()
      throw error
    }
  }

  /// Reads the archive to its end and checks it.
  ///
  /// - Parameters:
  ///   - progress: told every few MiB.
  ///   - depth: whether the data is checked too.
  ///   - devices: ids of the devices whose data is wanted; nil for all.
  ///   - visit: gets each run of those devices; nil when only the check is wanted.
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``, or what `visit` throws.
  /// - Returns: what was found and what that proves.
  public func read(
    progress: (any ProgressReceiver)?, checking depth: CheckDepth = .data, devices: Set<UInt8>? = nil,
    visit: ((ArchiveRun) throws -> Void)? = nil
  ) throws -> ArchiveReport {
    let total = expectedBytes
    return try ArchiveOperationError.naming(name) {
      let report = try reader.read(checking: depth, devices: devices, visit: visit) { [cancellation] read in
        try cancellation.check()
        // How long a memory stream really is shows only at the end.
        let completed = min(read.clusters * UInt64(Layout.clusterSize), total)
        progress?.report(OperationProgress(completed: completed, total: total, zeros: 0))
      }
      progress?.report(OperationProgress(completed: total, total: total, zeros: 0))
      return report
    }
  }
}
