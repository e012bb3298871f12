import CLinux
import Glibc
import SystemPackage

/// A raw image being written: a new sparse file, or an existing file or block device.
public final class RawImageTarget: DiskTarget {
  private let file: ImageFile
  /// Whether the disk reads as zeros from the start, so that zeros need no work.
  private let isKnownZero: Bool
  /// Whether it was there before, so that nothing else than a flush tells whether all of it is kept.
  private let isExisting: Bool
  /// Whether zeros are written like data, so that they take room.
  private let storesZeros: Bool

  /// Bytes of the disk.
  public let size: UInt64

  /// The path as it was given.
  public var name: String { file.path }

  /// Makes the open, empty file of `partial` an image of `size` bytes, sparse unless its storage is taken at once.
  ///
  /// The corresponding C functions are `ftruncate` and `fallocate`.
  /// - Throws: ``DiskIOError`` when the file system has no room for a file of that size, or cannot reserve it.
  public init(
    _ partial: PartialFile, size: UInt64, preallocation: Preallocation = .off
  ) throws(DiskIOError) {
    let twin = fcntl(partial.descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard twin >= 0 else { throw DiskIOError.lastErrno("open", partial.path) }
    file = ImageFile(adopting: twin, path: partial.path)
    isKnownZero = true
    isExisting = false
    storesZeros = preallocation == .full
    self.size = size
    guard let length = off_t(exactly: size), ftruncate(twin, length) == 0 else {
      throw DiskIOError.lastErrno("make room for \(size) bytes in", partial.path)
    }
    guard preallocation != .off, length > 0 else { return }
    while fallocate(twin, 0, 0, length) != 0 {
      if errno == EINTR { continue }
      // What the file system cannot reserve is written at last.
      if errno == EOPNOTSUPP, preallocation == .full { return }
      throw DiskIOError.lastErrno("reserve \(size) bytes for", partial.path)
    }
  }

  /// Opens an existing file or block device to be written over.
  ///
  /// `size` becomes what it holds, which may be more than the disk that is written to it.
  /// - Throws: ``DiskIOError``.
  public init(existing path: String, isKnownZero: Bool = false) throws(DiskIOError) {
    file = try ImageFile(path: path, writable: true)
    try file.requireNoWriter()
    self.isKnownZero = isKnownZero
    isExisting = true
    storesZeros = false
    size = try file.currentSize()
  }

  /// Writes the bytes at `offset`. The corresponding C function is `pwrite`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, UInt64(bytes.count))
    try file.write(bytes, at: offset)
  }

  /// Leaves a new file as it is unless zeros are to be written too; elsewhere deallocates the range (`fallocate`) or
  /// writes zeros over it.
  public func writeZeroes(_ count: UInt64, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, count)
    guard storesZeros || !isKnownZero, count > 0 else { return }
    let mode = LINUX_FALLOC_PUNCH_HOLE | LINUX_FALLOC_KEEP_SIZE
    if !storesZeros,
      fallocate(file.descriptor, Int32(mode), off_t(clamping: offset), off_t(clamping: count)) == 0
    {
      return
    }
    let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(min(count, 1 << 20)), alignment: 4096)
    defer { zeros.deallocate() }
    zeros.initializeMemory(as: UInt8.self, repeating: 0)
    var done: UInt64 = 0
    while done < count {
      let step = Int(min(UInt64(zeros.count), count - done))
      try file.write(UnsafeRawBufferPointer(rebasing: zeros[..<step]), at: offset + done)
      done += UInt64(step)
    }
  }

  /// Asks for errors that were not told yet; what was there before is put on stable storage, since a block device, such
  /// as a thin volume whose pool is full, fails no earlier. The corresponding C function is `fdatasync`.
  public func finish() throws(DiskIOError) {
    if isExisting { try file.synchronize() }
    try file.reportDelayedErrors()
  }
}
