/// A disk to write: runs of bytes in any order, then one `finish`.
///
/// A target is used by one thread at a time.
public protocol DiskTarget: AnyObject, Sendable {
  /// What the disk is called in messages.
  var name: String { get }

  /// Bytes of the disk.
  var size: UInt64 { get }

  /// Writes the bytes at `offset`. An error may show up only in a later call or in `finish`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError)

  /// Makes `count` bytes from `offset` read as zeros, without allocating them where that can be had.
  func writeZeroes(_ count: UInt64, at offset: UInt64) throws(DiskIOError)

  /// Waits until everything has been written and lets go of the disk. Call it once, last.
  func finish() throws(DiskIOError)
}

extension DiskTarget {
  /// Throws unless `count` bytes from `offset` lie inside the disk.
  func requireRange(_ offset: UInt64, _ count: UInt64) throws(DiskIOError) {
    guard offset <= size, count <= size - offset else {
      throw DiskIOError.outOfRange(
        path: name, offset: offset, count: Int(clamping: count), size: size)
    }
  }
}
