import DiskIO
import FoundationEssentials
import Glibc
import SystemPackage

/// What a process that was killed has left of a file, or of a directory of plain files, that it was writing.
enum UnfinishedFile {
  /// Removes it.
  ///
  /// - Parameters:
  ///   - path: what it was to be called.
  ///   - process: who wrote it; as long as there is one of this number nothing is touched.
  /// - Throws: ``ArchiveOperationError``.
  /// - Returns: the paths that were removed.
  static func remove(of path: String, writtenBy process: Int32) throws -> [String] {
    let place = FilePath(path)
    guard let base = place.lastComponent?.string, kill(process, 0) != 0, errno == ESRCH else { return [] }
    let directory = place.removingLastComponent().string
    return try names(in: directory)
      .filter { TemporaryName.isName($0, for: base, process: process) }
      .map { name in
        let path = "\(directory)/\(name)"
        try remove(path)
        return path
      }
  }

  /// Removes what any process that is gone has left of a file.
  ///
  /// - Parameter path: what it was to be called.
  /// - Throws: ``ArchiveOperationError``.
  static func removeAll(of path: String) throws {
    let place = FilePath(path)
    guard let base = place.lastComponent?.string else { return }
    let directory = place.removingLastComponent().string
    for name in names(in: directory) {
      guard let process = TemporaryName.process(of: name, for: base), kill(process, 0) != 0, errno == ESRCH
      else { continue }
      try remove("\(directory)/\(name)")
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
