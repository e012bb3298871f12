import SystemPackage

/// Where an archive's bytes come from: a file, a pipe, a decompressor.
///
/// Never asked to seek. Called by one thread at a time, though not always by the same one.
public protocol ArchiveInput: Sendable {
  /// Puts the next bytes into `buffer` and returns how many; 0 at the end. Fewer than asked for is fine.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// An input that reads from an open file descriptor, which stays the caller's to close.
public struct DescriptorInput: ArchiveInput {
  private let descriptor: FileDescriptor

  /// Wraps a file, pipe or socket open for reading; blocking.
  public init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  /// Reads what the kernel has.
  ///
  /// The C function is `read`.
  /// - Throws: `Errno`; the reader turns it into ``VMAError``.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try descriptor.read(into: buffer)
  }
}
