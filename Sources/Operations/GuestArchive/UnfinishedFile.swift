import DiskIO
import Glibc
import SystemPackage

/// What a process that was killed has left of a file, or of a directory of plain files, that it was writing.
enum UnfinishedFile {
  /// Removes it.
  ///
  /// - Parameters:
  ///   - path: what it was to be called.
  ///   - process: who wrote it and is known to be gone, whoever has that number now; nil for all whose number nobody has.
  /// - Throws: ``ArchiveOperationError``.
  /// - Returns: the paths that were removed.
  @discardableResult
  static func remove(of path: String, writtenBy process: Int32? = nil) throws -> [String] {
    let place = FilePath(path)
    guard let base = place.lastComponent?.string else { return [] }
    let parent = place.removingLastComponent().string
    let directory = parent.isEmpty ? "." : parent
    return try names(in: directory)
      .filter { name in
        guard let writer = TemporaryName.process(of: name, for: base) else { return false }
        return process.map { $0 == writer } ?? (kill(writer, 0) != 0 && errno == ESRCH)
      }
      .map { name in
        let path = "\(directory)/\(name)"
        try remove(path)
        return path
      }
  }

  private static func remove(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    // Directories of plain files have none below them.
    for name in isDirectory ? try names(in: path) : [] { unlink("\(path)/\(name)") }
    guard (isDirectory ? rmdir(path) : unlink(path)) == 0 || errno == ENOENT else {
      throw ArchiveOperationError.file(operation: "remove", path: path, errno: Errno(rawValue: errno))
    }
  }

  /// - Throws: ``ArchiveOperationError``; a directory that is gone has nothing in it.
  private static func names(in directory: String) throws(ArchiveOperationError) -> [String] {
    do {
      return try DirectoryListing.names(in: directory)
    } catch {
      if error == .noSuchFileOrDirectory { return [] }
      throw .file(operation: "read the directory", path: directory, errno: error)
    }
  }
}
