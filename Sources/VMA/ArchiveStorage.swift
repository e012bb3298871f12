import Glibc
import SystemPackage

/// An archive whose bytes can be read in any order: a file.
///
/// Asked by several threads at one time.
public protocol ArchiveStorage: Sendable {
  /// The archive's length in bytes, as of its opening.
  var size: UInt64 { get }

  /// Fills the buffer with the bytes from `offset` on.
  ///
  /// - Returns: the number of bytes read; fewer than asked for only where the archive ends.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(VMAError) -> Int
}

/// An archive in an open file, which stays the caller's to close.
public struct DescriptorStorage: ArchiveStorage {
  private let descriptor: FileDescriptor
  /// The file's length in bytes when this was made.
  public let size: UInt64

  /// Wraps a regular file open for reading.
  ///
  /// The corresponding C function is `fstat`.
  /// - Returns: nil for what cannot be read in any order, such as a pipe.
  public init?(_ descriptor: FileDescriptor) {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let size = UInt64(exactly: status.st_size)
    else { return nil }
    self.descriptor = descriptor
    self.size = size
  }

  /// The corresponding C function is `pread`.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(VMAError) -> Int {
    var done = 0
    while done < buffer.count {
      let place = offset + UInt64(done)
      let count = pread(
        descriptor.rawValue, buffer.baseAddress.map { $0 + done }, buffer.count - done,
        off_t(clamping: place))
      if count < 0 {
        guard errno != EINTR else { continue }
        throw VMAError(.readFailed(Errno(rawValue: errno)), at: place)
      }
      guard count > 0 else { break }
      done += count
    }
    return done
  }
}
