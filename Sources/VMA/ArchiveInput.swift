import Glibc
import SystemPackage

/// Where an archive's bytes come from: a file, a pipe, a decompressor.
///
/// Read front to back only. Called by one thread at a time, though not always by the same one.
public protocol ArchiveInput: Sendable {
  /// Puts the next bytes into `buffer` and returns how many; 0 at the end. Fewer than asked for is fine.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

  /// The same bytes in any order, those that were read already included; nil where there is only the one order.
  var storage: (any ArchiveStorage)? { get }

  /// Moves over the next bytes without reading them, where that can be had.
  ///
  /// - Parameter count: bytes.
  /// - Throws: what keeps it from moving.
  /// - Returns: how many were moved over, fewer than asked for only at the end; nil where all must be read.
  func skip(_ count: UInt64) throws -> UInt64?
}

extension ArchiveInput {
  /// Nil: there is only the one order.
  public var storage: (any ArchiveStorage)? { nil }

  /// Nil: all must be read.
  public func skip(_ count: UInt64) throws -> UInt64? { nil }
}

/// An input that reads from an open file descriptor, which stays the caller's to close.
public struct DescriptorInput: ArchiveInput {
  private let descriptor: FileDescriptor
  /// The file; nil for a pipe or a socket, and for a file of which something was read before.
  public let storage: (any ArchiveStorage)?

  /// Wraps a file, pipe or socket open for reading; blocking.
  public init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
    storage =
      lseek(descriptor.rawValue, 0, SEEK_CUR) == 0 ? DescriptorStorage(descriptor) : nil
  }

  /// Reads what the kernel has.
  ///
  /// The C function is `read`.
  /// - Throws: `Errno`; the reader turns it into ``VMAError``.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try descriptor.read(into: buffer)
  }

  /// Moves the file offset of a regular file, not past its end; nil for everything else.
  ///
  /// The C function is `lseek`.
  /// - Throws: `Errno`.
  public func skip(_ count: UInt64) throws -> UInt64? {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let end = UInt64(exactly: status.st_size)
    else { return nil }
    let here = UInt64(try descriptor.seek(offset: 0, from: .current))
    let step = min(count, end - min(here, end))
    try descriptor.seek(offset: Int64(clamping: step), from: .current)
    return step
  }
}
