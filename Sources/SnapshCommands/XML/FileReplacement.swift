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
    var template = Array("\(target).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      try FileDescriptor(rawValue: descriptor).closeAfter {
        try FileDescriptor(rawValue: descriptor).writeAll(bytes)
        // Only root may give a file away; for everybody else the new file is already their own.
        _ = fchown(descriptor, attributes.st_uid, attributes.st_gid)
        guard fchmod(descriptor, attributes.st_mode & 0o7777) == 0, fsync(descriptor) == 0 else {
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
