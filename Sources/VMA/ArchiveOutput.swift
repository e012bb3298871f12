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

  /// Wraps a descriptor open for writing.
  ///
  /// - Parameter descriptor: a file, pipe or socket; blocking.
  public init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

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

  /// Nothing is held back here; whether a file is to be on stable storage is for whoever gives it its name.
  public func flush() {}
}
