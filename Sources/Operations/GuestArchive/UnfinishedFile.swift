import DiskIO
import FoundationEssentials
import Glibc
import SystemPackage

/// What a process that was killed has left of a file, or of a directory of plain files, that it was writing.
enum UnfinishedFile {
  /// Removes it; as long as there is a process of the writer's number nothing is touched.
  ///
  /// - Parameters:
  ///   - path: what it was to be called.
  ///   - process: who wrote it; nil for any process that is gone.
  /// - Throws: ``ArchiveOperationError``.
  /// - Returns: the paths that were removed.
  @discardableResult
  static func remove(of path: String, writtenBy process: Int32? = nil) throws -> [String] {
    let place = FilePath(path)
    guard let base = place.lastComponent?.string else { return [] }
    let directory = place.removingLastComponent().string
    return try names(in: directory)
      .filter { name in
        guard let writer = TemporaryName.process(of: name, for: base), writer == process ?? writer else {
          return false
        }
        return kill(writer, 0) != 0 && errno == ESRCH
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
    for name in isDirectory ? names(in: path) : [] { unlink("\(path)/\(name)") }
    guard (isDirectory ? rmdir(path) : unlink(path)) == 0 || errno == ENOENT else {
      throw ArchiveOperationError.file(operation: "remove", path: path, errno: Errno(rawValue: errno))
    }
  }

  private static func names(in directory: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
  }
}
