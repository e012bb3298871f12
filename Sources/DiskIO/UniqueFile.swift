import Glibc
import SystemPackage

/// A new file under a name that no other file has: mode 0600, not passed on to child processes.
///
/// The corresponding C function is `mkstemps`.
public enum UniqueFile {
  /// Makes one that is open for reading and writing.
  ///
  /// - Parameters:
  ///   - prefix: the path up to the six letters that make it unique.
  ///   - suffix: what comes behind them.
  /// - Throws: `Errno`; there is no file then.
  /// - Returns: the file and its path.
  public static func make(
    _ prefix: String, suffix: String = ""
  ) throws(Errno) -> (file: FileDescriptor, path: String) {
    var template = Array("\(prefix)XXXXXX\(suffix)".utf8CString)
    let descriptor = mkstemps(&template, Int32(suffix.utf8.count))
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (FileDescriptor(rawValue: descriptor), path)
  }

  /// Makes one that has lost its name already: it goes with its descriptor, however the process ends.
  ///
  /// - Throws: `Errno`; there is no file then.
  public static func makeUnnamed(in directory: String) throws(Errno) -> FileDescriptor {
    let (file, path) = try make("\(directory)/.snapsh-")
    guard unlink(path) == 0 else {
      let errno = Errno(rawValue: errno)
      try? file.close()
      throw errno
    }
    return file
  }
}
