import Glibc
import SystemPackage

/// What is in a directory.
public enum DirectoryListing {
  /// The names in it, in no order, `.` and `..` left out.
  ///
  /// The corresponding C functions are `opendir` and `readdir`.
  /// - Throws: `Errno`.
  public static func names(in directory: String) throws(Errno) -> [String] {
    guard let stream = opendir(directory) else { throw Errno(rawValue: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
