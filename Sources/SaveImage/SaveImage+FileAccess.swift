import Glibc
import SystemPackage

extension SaveImage {
  /// The size in bytes of a file or block device.
  static func size(of file: FileDescriptor) throws(SaveImageError) -> Int {
    let size = try system("lseek") { try file.seek(offset: 0, from: .end) }
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

  /// Waits until everything written is on the disk; a file that knows no such thing is left alone.
  static func synchronize(_ file: FileDescriptor) throws(SaveImageError) {
    guard fsync(file.rawValue) != 0, errno != EINVAL else { return }
    throw .system(operation: "fsync", errno: Errno(rawValue: errno))
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
