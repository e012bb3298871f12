import Glibc
import SystemPackage

/// Where an archive's bytes go: a file, a pipe, a compressor.
///
/// Never asked to seek. ``write(_:)`` is called on the writer's own thread, ``flush()`` when that thread has ended.
public protocol ArchiveOutput: Sendable {
  /// Takes all of `bytes`, which are only valid during the call.
  func write(_ bytes: UnsafeRawBufferPointer) throws

  /// Called once, after the last byte of a complete archive.
  func flush() throws

  /// Bytes that it has made of the archive's, known once it was flushed; nil where it changes none.
  var storedLength: UInt64? { get }
}

extension ArchiveOutput {
  /// Nil: the bytes stay as they are.
  public var storedLength: UInt64? { nil }
}

/// An output that writes to an open file descriptor, which stays the caller's to close.
public struct DescriptorOutput: ArchiveOutput {
  private let descriptor: FileDescriptor
  private let syncsToStorage: Bool

  /// Wraps a descriptor open for writing.
  ///
  /// - Parameters:
  ///   - descriptor: a file, pipe or socket; blocking.
  ///   - syncsToStorage: whether ``flush()`` calls `fsync`; only for files.
  public init(_ descriptor: FileDescriptor, syncsToStorage: Bool = false) {
    self.descriptor = descriptor
    self.syncsToStorage = syncsToStorage
  }

  /// Writes all bytes, whatever the kernel takes at a time.
  ///
  /// The C function is `write`.
  /// - Throws: `Errno`; the writer turns it into ``VMAError``.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = try descriptor.write(rest)
      // A write of 0 bytes is not an error by POSIX, but trying again for ever would hang.
      guard written > 0 else { throw Errno.ioError }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Makes the kernel put the file's bytes on storage, if that was asked for.
  ///
  /// The C function is `fsync`.
  public func flush() throws {
    guard syncsToStorage else { return }
    while fsync(descriptor.rawValue) != 0 {
      let failure = Errno(rawValue: errno)
      guard failure == .interrupted else { throw failure }
    }
  }
}
