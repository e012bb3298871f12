import Glibc
import SystemPackage

/// A qcow2 image that refers to no other file, told from its header.
///
/// An image that came from elsewhere may name any file of this machine as the one below it, or as the one that holds
/// its data; whoever reads it would copy that file into a guest. (QEMU's docs/interop/qcow2.rst.)
enum SelfContainedImage {
  private static let backingOffset = 8
  private static let incompatibleFeatures = 72
  private static let externalData: UInt64 = 1 << 2
  private static let headerLength = 80

  /// - Throws: ``ArchiveOperationError``: for an image that refers to another file, or is no qcow2.
  static func require(_ path: String) throws(ArchiveOperationError) {
    var header = [UInt8](repeating: 0, count: headerLength)
    let count: Int
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      count = try file.closeAfter {
        try header.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
      }
    } catch {
      throw .file(operation: "read", path: path, errno: (error as? Errno) ?? .ioError)
    }
    guard count >= 72, header.starts(with: [0x51, 0x46, 0x49, 0xFB]) else {
      throw .imageNotQcow2(path: path)
    }
    func bigEndian(_ range: Range<Int>) -> UInt64 { header[range].reduce(0) { $0 << 8 | UInt64($1) } }
    let version = bigEndian(4..<8)
    let features =
      version >= 3 ? bigEndian(incompatibleFeatures..<incompatibleFeatures + 8) : 0
    guard bigEndian(backingOffset..<backingOffset + 8) == 0, features & externalData == 0 else {
      throw .imageRefersToFile(path: path)
    }
  }
}
