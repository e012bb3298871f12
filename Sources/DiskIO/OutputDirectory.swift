import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A new directory whose files all become complete together, or not at all.
///
/// Whatever was made in it is removed, and the directory with it, unless ``keep()`` was called.
public final class OutputDirectory: Sendable {
  /// The directory's path.
  public let path: String
  private let state = Mutex(State())

  private struct State {
    var files: [PartialFile] = []
    var isKept = false
  }

  /// Makes the directory, mode 0777 less the umask; it must not exist.
  ///
  /// The corresponding C function is `mkdir`.
  /// - Throws: ``DiskIOError`` `.system`.
  public init(path: String) throws(DiskIOError) {
    guard mkdir(path, 0o777) == 0 else { throw DiskIOError.lastErrno("create directory", path) }
    self.path = path
  }

  deinit {
    state.withLock { state in
      guard !state.isKept else { return }
      for file in state.files {
        file.discard()
        // Only what this very directory made: a name that was taken never became a file of ours.
        if file.isComplete { unlink(file.path) }
      }
      rmdir(path)
    }
  }

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - name: its final name, one path component.
  ///   - temporaryName: its name until it is complete; nil for one that is made up.
  /// - Throws: ``DiskIOError``, `.exists` when a file of either name is there.
  /// - Returns: the empty file.
  public func makeFile(_ name: String, temporaryName: String? = nil) throws(DiskIOError) -> PartialFile {
    let path = self.path + "/" + name
    let file =
      if let temporaryName {
        try PartialFile(path: path, temporaryPath: self.path + "/" + temporaryName)
      } else {
        try PartialFile(path: path)
      }
    state.withLock { $0.files.append(file) }
    return file
  }

  /// Completes all files that are not complete yet, and keeps the directory from now on.
  ///
  /// - Throws: ``DiskIOError``; then nothing is kept.
  public func keep() throws(DiskIOError) {
    let files = state.withLock { $0.files }
    for file in files { try file.complete() }
    state.withLock { $0.isKept = true }
  }

  /// Completes all files and gives the directory another name, which it keeps from now on.
  ///
  /// The corresponding C function is `renameat2`.
  /// - Parameter name: a path on the same file system that names nothing.
  /// - Throws: ``DiskIOError``, `.exists` when the name is taken; then nothing is kept.
  public func keep(as name: String) throws(DiskIOError) {
    let files = state.withLock { $0.files }
    for file in files { try file.complete() }
    try state.withLock { (state) throws(DiskIOError) in
      if renameat2(AT_FDCWD, path, AT_FDCWD, name, UInt32(LINUX_RENAME_NOREPLACE)) != 0 {
        if errno == EEXIST { throw DiskIOError.exists(path: name) }
        // File systems without the flag; there a directory never replaces a file or a directory that holds something.
        guard errno == EINVAL || errno == ENOSYS, rename(path, name) == 0 else {
          throw DiskIOError.lastErrno("create", name)
        }
      }
      state.isKept = true
    }
  }
}
