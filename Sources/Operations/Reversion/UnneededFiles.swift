import Glibc
import SystemPackage

/// Removing images and save images that nothing stands on any more.
enum UnneededFiles {
  /// Removes files; those that are gone already are no error.
  ///
  /// - Parameters:
  ///   - paths: What goes.
  ///   - needed: What stays even if it is named.
  /// - Throws: ``FileRemovalError``, after an attempt at all of them.
  static func remove(_ paths: [String], sparing needed: Set<String>) throws {
    var failure: FileRemovalError?
    for path in paths where !needed.contains(path) {
      guard unlink(path) != 0, errno != ENOENT else { continue }
      failure = failure ?? FileRemovalError(path: path, errno: Errno(rawValue: errno))
    }
    if let failure { throw failure }
  }
}

/// A file that could not be removed.
struct FileRemovalError: Error, Equatable, CustomStringConvertible {
  let path: String
  let errno: Errno

  var description: String { "'\(path)' cannot be removed (\(errno)); remove it by hand" }
}

/// Whom an image belongs to.
enum FileOwner {
  /// Whether there is anything at a path.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Gives a new image to whoever owns the one below it, as QEMU may run under that account.
  ///
  /// Where we may not, the image stays ours and libvirt, which as a rule gives images to QEMU itself, has the last word.
  static func copy(from path: String, to new: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    _ = chown(new, status.st_uid, status.st_gid)
    _ = chmod(new, (status.st_mode & 0o660) | 0o600)
  }
}
