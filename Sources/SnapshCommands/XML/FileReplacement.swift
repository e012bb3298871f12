import DiskIO
import Glibc
import SystemPackage

/// Puts new content in the place of a file in one step: a reader sees the old content or the new, never a part.
enum FileReplacement {
  /// Replaces a file's content, keeping its mode and, where that is allowed, its owner.
  ///
  /// A symbolic link stays a link: the file it leads to is replaced.
  /// - Throws: `Errno`; the file is then as it was, and nothing is left beside it.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    let target = try resolved(path)
    var attributes = stat()
    guard stat(target, &attributes) == 0 else { throw Errno(rawValue: errno) }
    let (file, temporary) = try UniqueFile.make("\(target).")
    do {
      try file.closeAfter {
        try file.writeAll(bytes)
        // Only root may give a file away; for everybody else the new file is already their own.
        _ = fchown(file.rawValue, attributes.st_uid, attributes.st_gid)
        guard fchmod(file.rawValue, attributes.st_mode & 0o7777) == 0, fsync(file.rawValue) == 0 else {
          throw Errno(rawValue: errno)
        }
      }
      guard rename(temporary, target) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func resolved(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else { throw Errno(rawValue: errno) }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
