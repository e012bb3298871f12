import Glibc
import SystemPackage
import VMA

/// An archive that is open for reading, its header read and checked.
public final class OpenArchive {
  /// What the archive is called in messages.
  public let name: String
  /// The header.
  public var header: ArchiveHeader { reader.header }

  private let reader: ArchiveReader
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
    name = path == "-" ? "standard input" : path
    self.cancellation = cancellation
    ownsDescriptor = path != "-"
    do {
      descriptor =
        path == "-"
        ? .standardInput : try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    } catch let error as Errno {
      throw ArchiveOperationError.file(operation: "open", path: path, errno: error)
    }
    do {
      let input = CancellableInput(descriptor: descriptor, cancellation: cancellation)
      reader = try ArchiveOperationError.naming(name) { try ArchiveReader(input: input) }
    } catch {
      if path != "-" { try? descriptor.close() }
      throw error
    }
  }

  deinit { if ownsDescriptor { try? descriptor.close() } }

  /// Bytes of the devices that the header promises, in whole clusters.
  public var expectedBytes: UInt64 {
    header.devices.reduce(0) { $0 + $1.clusterCount } * UInt64(Layout.clusterSize)
  }

  /// Runs a step; what fails because of a cancellation (a server that Ctrl-C ended as well) counts as cancelled.
  func cancellable<Result>(_ step: () throws -> Result) throws -> Result {
    do { return try step() } catch {
      try cancellation.check()
      throw error
    }
  }

  /// Reads the archive to its end and checks it, data included.
  ///
  /// - Parameters:
  ///   - progress: told every few MiB.
  ///   - visit: gets each run; nil when only the check is wanted.
  /// - Throws: ``ArchiveOperationError``, ``CancelledError``, or what `visit` throws.
  /// - Returns: what was found and what that proves.
  public func read(progress: (any ProgressReceiver)?, visit: ((ArchiveRun) throws -> Void)? = nil) throws
    -> ArchiveReport
  {
    let total = expectedBytes
    return try ArchiveOperationError.naming(name) {
      let report = try reader.read(visit: visit) { [cancellation] read in
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

/// Standard input or a file; waits for bytes only as long as they are wanted.
private struct CancellableInput: ArchiveInput {
  let descriptor: FileDescriptor
  let cancellation: Cancellation

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      try cancellation.check()
      // The read happens on a thread that a signal does not reach, so the wait has an end of its own.
      var waiting = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 200) != 0 { return try descriptor.read(into: buffer) }
    }
  }
}
