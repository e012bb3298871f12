import Glibc
import SystemPackage

extension SaveImage {
  /// The size in bytes of a file or block device.
  static func size(of file: FileDescriptor) throws(SaveImageError) -> Int {
    let size = try system("seek in") { try file.seek(offset: 0, from: .end) }
    return Int(clamping: size)
  }

  /// Up to `count` bytes from `offset` on; fewer only where the file ends.
  static func read(
    _ file: FileDescriptor, at offset: Int, count: Int
  ) throws(SaveImageError) -> [UInt8] {
    try system("read") {
      try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try file.read(fromAbsoluteOffset: Int64(offset + filled), into: rest)
          guard got > 0 else { break }
          filled += got
        }
      }
    }
  }

  /// Reads a whole text file that is to stand in a save image.
  /// - Parameter file: open for reading and seekable.
  /// - Returns: the text as it is.
  /// - Throws: ``SaveImageError``, also when the text is longer than a save image may hold.
  public static func text(of file: FileDescriptor) throws(SaveImageError) -> [UInt8] {
    let text = try read(file, at: 0, count: SaveImageHeader.maximumDataLength)
    guard text.count < SaveImageHeader.maximumDataLength else { throw .unwritable(part: .domainXML) }
    return text
  }

  /// Waits until everything written is on the disk; a file that knows no such thing is left alone.
  static func synchronize(_ file: FileDescriptor) throws(SaveImageError) {
    guard fsync(file.rawValue) != 0, errno != EINVAL else { return }
    throw .system(operation: "flush", errno: Errno(rawValue: errno))
  }

  /// Runs a system call and tells its errno in this module's words.
  static func system<Value>(
    _ operation: String, _ body: () throws -> Value
  ) throws(SaveImageError) -> Value {
    do {
      return try body()
    } catch let errno as Errno {
      throw .system(operation: operation, errno: errno)
    } catch {
      throw .system(operation: operation, errno: .ioError)
    }
  }
}
