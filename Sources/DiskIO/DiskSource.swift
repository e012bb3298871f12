/// A run of a disk that is either data or reads as zeros.
public struct DiskExtent: Equatable, Sendable {
  /// First byte of the run.
  public var offset: UInt64
  /// Bytes in the run, never 0.
  public var length: UInt64
  /// Whether the run has to be read; `false` promises that every byte of it is zero.
  public var isData: Bool

  /// A run of `length` bytes from `offset`.
  public init(offset: UInt64, length: UInt64, isData: Bool) {
    self.offset = offset
    self.length = length
    self.isData = isData
  }

  /// First byte after the run.
  public var end: UInt64 { offset + length }
}

/// A disk to read: a size, runs of data and holes, and bytes.
///
/// Sizes are multiples of 512 bytes: an image of odd size is rounded up and the rest reads as zeros, as QEMU does.
/// A source is used by one thread at a time.
public protocol DiskSource: AnyObject, Sendable {
  /// What the disk is called in messages: its path or its NBD name.
  var name: String { get }

  /// Bytes of the disk as of its opening, a multiple of 512 and never 0.
  var size: UInt64 { get }

  /// The run that holds the byte at `offset`, from `offset` on, at most up to the end of the disk.
  ///
  /// Asking in ascending order is cheapest. A run may be shorter than it could be, never wrong.
  func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent

  /// Fills the whole buffer with the bytes from `offset` on.
  ///
  /// Offset and length should be multiples of 4096 or end with the disk: NBD servers may insist on it.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError)
}

extension DiskSource {
  /// Throws unless `count` bytes from `offset` lie inside the disk.
  func requireRange(_ offset: UInt64, _ count: Int) throws(DiskIOError) {
    guard let bytes = UInt64(exactly: count), offset <= size, bytes <= size - offset else {
      throw DiskIOError.outOfRange(path: name, offset: offset, count: count, size: size)
    }
  }
}

/// `size` rounded up to whole 512-byte sectors; nil when that has no room in 64 bits.
func roundedToSectors(_ size: UInt64) -> UInt64? {
  let (sum, overflow) = size.addingReportingOverflow(511)
  return overflow ? nil : sum / 512 * 512
}
