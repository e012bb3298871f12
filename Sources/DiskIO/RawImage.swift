import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A raw disk image or block device, read in place; a regular file's holes are found, not read.
public final class RawImage: DiskSource {
  private let file: ImageFile
  /// Bytes that the file really has; from here to ``size`` zeros are made up.
  public let contentSize: UInt64

  /// Where the last hole that was found ends.
  private let knownData = Mutex<UInt64?>(nil)

  /// Bytes as of the opening, rounded up to 512.
  public let size: UInt64

  /// The path as it was given.
  public var name: String { file.path }

  /// Opens the image for reading.
  ///
  /// A regular file that a running QEMU writes to is refused, as QEMU's own tools do (its lock bytes tell).
  /// - Parameter path: a regular file or a block device.
  /// - Throws: ``DiskIOError``: no such file, no permission, a directory or pipe, an empty file, an image in use.
  public init(path: String) throws(DiskIOError) {
    let file = try ImageFile(path: path, writable: false)
    try file.requireNoWriter()
    let fileSize = try file.currentSize()
    guard fileSize > 0 else { throw DiskIOError.empty(path: path) }
    guard let size = roundedToSectors(fileSize) else {
      throw DiskIOError.system(operation: "open", path: path, errno: .fileTooLarge, offset: nil)
    }
    self.file = file
    contentSize = fileSize
    self.size = size
  }

  /// The run at `offset`, by `lseek` with `SEEK_DATA` and `SEEK_HOLE`; a block device is all data.
  public func extent(at offset: UInt64) throws(DiskIOError) -> DiskExtent {
    try requireRange(offset, 1)
    if file.isBlockDevice { return DiskExtent(offset: offset, length: size - offset, isData: true) }
    // The made-up tail, when it is asked for by itself.
    guard offset < contentSize else {
      return DiskExtent(offset: offset, length: size - offset, isData: false)
    }
    guard let data = try nextData(from: offset) else {
      // No data after offset. A file cut short looks the same: only its size tells the two apart.
      try requireUnchangedSize(at: offset)
      return DiskExtent(offset: offset, length: size - offset, isData: false)
    }
    if data > offset {
      knownData.withLock { $0 = data }
      return DiskExtent(offset: offset, length: min(data, size) - offset, isData: false)
    }
    let hole = try seek(LINUX_SEEK_HOLE, from: offset) ?? contentSize
    // Every file ends in a hole of no length: from there on the rounding to sectors belongs to the data.
    let end = hole >= contentSize ? size : hole
    guard end > offset else {
      throw DiskIOError.shrank(path: name, offset: offset, size: contentSize)
    }
    return DiskExtent(offset: offset, length: end - offset, isData: true)
  }

  /// Fills the buffer; bytes between the file's end and the rounded size are zero.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    try requireRange(offset, buffer.count)
    let inFile = min(buffer.count, Int(clamping: contentSize - min(offset, contentSize)))
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<inFile])
    let count = try file.read(into: part, at: offset)
    guard count == inFile else {
      throw DiskIOError.shrank(path: name, offset: offset + UInt64(count), size: contentSize)
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[inFile...]).initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// Where data begins at or after `offset`; not asked again right after the hole before it was found.
  private func nextData(from offset: UInt64) throws(DiskIOError) -> UInt64? {
    if knownData.withLock({ $0 == offset }) { return offset }
    return try seek(LINUX_SEEK_DATA, from: offset)
  }

  /// The next data or hole at or after `offset`; nil when there is none (`ENXIO`).
  private func seek(_ whence: Int, from offset: UInt64) throws(DiskIOError) -> UInt64? {
    let found = lseek(file.descriptor, off_t(clamping: offset), Int32(whence))
    if let position = UInt64(exactly: found) { return position }
    switch errno {
    case ENXIO: return nil
    // A file system that knows no holes: all of it is data.
    case EINVAL, EOPNOTSUPP: return whence == LINUX_SEEK_DATA ? offset : contentSize
    default: throw DiskIOError.lastErrno("find the data of", name, at: offset)
    }
  }

  private func requireUnchangedSize(at offset: UInt64) throws(DiskIOError) {
    guard try file.currentSize() >= contentSize else {
      throw DiskIOError.shrank(path: name, offset: offset, size: contentSize)
    }
  }
}

extension ImageFile {
  /// Throws when a QEMU process holds its "I write" lock on the file.
  ///
  /// QEMU locks the byte 100 + n for each permission n that it holds (block/file-posix.c, BLK_PERM_WRITE is bit 1).
  func requireNoWriter() throws(DiskIOError) {
    guard !isBlockDevice else { return }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = 101
    lock.l_len = 1
    // File systems without locks answer with an error: then nobody can have one.
    guard fcntl(descriptor, Int32(LINUX_F_OFD_GETLK), &lock) == 0 else { return }
    guard lock.l_type == Int16(F_UNLCK) else { throw DiskIOError.inUse(path: path) }
  }
}
