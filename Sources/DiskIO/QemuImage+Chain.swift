import CLinux
import Glibc
import SystemPackage

/// Images that stand on others.
extension QemuImage {
  /// Makes a new image at `path`, empty, on top of another one or of nothing.
  ///
  /// The name is taken first, so that a file that somebody else has just put there is never overwritten.
  /// - Parameters:
  ///   - path: Where; an absolute path that names nothing yet.
  ///   - format: The new image's format.
  ///   - size: Bytes that the guest sees; `nil` takes the backing image's size.
  ///   - backing: The image below and its format.
  /// - Throws: ``DiskIOError``, `.exists` when the name is taken.
  public static func make(
    path: String, format: ImageFormat, size: UInt64?, backing: (path: String, format: ImageFormat)? = nil
  ) throws(DiskIOError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw errno == EEXIST ? DiskIOError.exists(path: path) : DiskIOError.lastErrno("create", path)
    }
    close(descriptor)
    var arguments = ["create", "-q", "-f", format.name]
    if let backing { arguments += ["-b", backing.path, "-F", backing.format.name] }
    arguments += ["--", path]
    if let size { arguments.append(String(size)) }
    do {
      _ = try run(arguments)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Writes what an image holds into the image below it; the upper one stays as it is.
  ///
  /// No guest may use either. May be repeated after it was interrupted.
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func commit(path: String, format: ImageFormat) throws(DiskIOError) {
    _ = try run(["commit", "-q", "-d", "-f", format.name, "--", path])
  }

  /// Records another image as the one below, without a look at what either holds (`rebase -u`).
  ///
  /// - Throws: ``DiskIOError`` `.toolMissing`, `.toolFailed`.
  public static func setBacking(
    of path: String, format: ImageFormat, to backing: (path: String, format: ImageFormat)
  ) throws(DiskIOError) {
    _ = try run([
      "rebase", "-q", "-u", "-f", format.name, "-b", backing.path, "-F", backing.format.name, "--", path,
    ])
  }
}
