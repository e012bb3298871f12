import Glibc
import SystemPackage

/// Paths for libvirt and QEMU, which have working directories of their own.
enum AbsolutePath {
  /// The path from the root on; `.` and `..` are taken out of one that was relative.
  static func of(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return FilePath(String(cString: directory)).appending(path).lexicallyNormalized().string
  }
}
