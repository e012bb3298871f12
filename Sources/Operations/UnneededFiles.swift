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
  static func remove(_ paths: [String], sparing needed: Set<String> = []) throws(FileRemovalError) {
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
