import CLinux
import Glibc
import Synchronization
import SystemPackage

/// An output file that gets its name only when it is complete.
///
/// It is written beside its final place under a temporary name, with mode 0600 (disks and memory of guests hold
/// secrets). `complete()` gives it its name without replacing anything; when that never happens, the file is removed.
public final class PartialFile: Sendable {
  /// The final path.
  public let path: String
  /// Where the bytes are until `complete()`; for programs that need a name to write to.
  public let temporaryPath: String
  /// Open for reading and writing.
  public let descriptor: FileDescriptor
  private let stage = Mutex(Stage.pending)

  private enum Stage {
    case pending, complete, discarded
  }

  /// Creates the empty file beside `path`.
  ///
  /// The corresponding C function is `open` with `O_EXCL`.
  /// - Throws: ``DiskIOError``, `.exists` when `path` is taken.
  public init(path: String) throws(DiskIOError) {
    try Self.requireFree(path)
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? ""
    let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard !base.isEmpty else {
      throw DiskIOError.system(operation: "create", path: path, errno: .isDirectory, offset: nil)
    }
    var opened: Int32
    var temporary: String
    repeat {
      temporary = directory + TemporaryName.new(for: base)
      opened = Self.create(temporary)
    } while opened < 0 && errno == EEXIST
    guard opened >= 0 else { throw DiskIOError.lastErrno("create", path) }
    self.path = path
    temporaryPath = temporary
    descriptor = FileDescriptor(rawValue: opened)
  }

  /// Creates the empty file under a temporary name of the caller's choice, on the same file system as `path`.
  ///
  /// - Throws: ``DiskIOError``, `.exists` when either name is taken.
  public init(path: String, temporaryPath: String) throws(DiskIOError) {
    try Self.requireFree(path)
    let opened = Self.create(temporaryPath)
    guard opened >= 0 else {
      if errno == EEXIST { throw DiskIOError.exists(path: temporaryPath) }
      throw DiskIOError.lastErrno("create", temporaryPath)
    }
    self.path = path
    self.temporaryPath = temporaryPath
    descriptor = FileDescriptor(rawValue: opened)
  }

  private static func requireFree(_ path: String) throws(DiskIOError) {
    var status = stat()
    guard lstat(path, &status) != 0 else { throw DiskIOError.exists(path: path) }
    guard errno == ENOENT else { throw DiskIOError.lastErrno("create", path) }
  }

  private static func create(_ path: String) -> Int32 {
    open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
  }

  deinit {
    discard()
    close(descriptor.rawValue)
  }

  /// Writes all of the bytes at `offset` of the file. The corresponding C function is `pwrite`.
  ///
  /// - Throws: ``DiskIOError``.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskIOError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let position = offset + UInt64(done)
      let count = pwrite(descriptor.rawValue, rest.baseAddress, rest.count, off_t(clamping: position))
      if count < 0 && errno != EINTR { throw DiskIOError.lastErrno("write", path, at: position) }
      done += max(0, count)
    }
  }

  /// Cuts the file, or lengthens it with a hole, to `length` bytes. The corresponding C function is `ftruncate`.
  ///
  /// - Throws: ``DiskIOError``.
  public func setLength(_ length: UInt64) throws(DiskIOError) {
    guard let length = off_t(exactly: length), ftruncate(descriptor.rawValue, length) == 0 else {
      throw DiskIOError.lastErrno("make room for \(length) bytes in", path)
    }
  }

  /// Gives the file its final name.
  ///
  /// - Parameter sync: whether to wait until the bytes are on stable storage (`fsync`).
  /// - Throws: ``DiskIOError``: what the file system had not told yet, or `.exists` when somebody took the name meanwhile.
  public func complete(sync: Bool = false) throws(DiskIOError) {
    if sync, fsync(descriptor.rawValue) != 0 { throw DiskIOError.lastErrno("finish writing", path) }
    let twin = dup(descriptor.rawValue)
    guard twin >= 0, close(twin) == 0 else { throw DiskIOError.lastErrno("finish writing", path) }
    try stage.withLock { (stage) throws(DiskIOError) in
      guard stage == .pending else { return }
      guard renameWithoutReplacing() else {
        if errno == EEXIST { throw DiskIOError.exists(path: path) }
        throw DiskIOError.lastErrno("create", path)
      }
      stage = .complete
    }
  }

  /// Whether the file has its final name.
  public var isComplete: Bool { stage.withLock { $0 == .complete } }

  /// Removes the file, unless it is complete.
  public func discard() {
    stage.withLock { stage in
      guard stage == .pending else { return }
      unlink(temporaryPath)
      stage = .discarded
    }
  }

  /// `renameat2` with `RENAME_NOREPLACE`; `link` and `unlink` on file systems that do not know it.
  private func renameWithoutReplacing() -> Bool {
    if renameat2(AT_FDCWD, temporaryPath, AT_FDCWD, path, UInt32(LINUX_RENAME_NOREPLACE)) == 0 { return true }
    guard errno == EINVAL || errno == ENOSYS else { return false }
    guard link(temporaryPath, path) == 0 else { return false }
    unlink(temporaryPath)
    return true
  }
}
