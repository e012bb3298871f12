import Glibc
import XMLTree

/// Whether the domain's QEMU will be able to use a file that is about to be made, asked before anything is touched.
struct StorageCheck {
  /// What an empty image takes, and the guest's first writes into it: no file system with less is worth trying.
  static let leastBytesPerFile: UInt64 = 2 << 20

  /// The account that QEMU runs as; `nil` where the definition does not say.
  private let owner: QemuAccount?

  /// Reads the account from the running definition.
  init(domainXML xml: String) throws(XMLError) {
    owner = try QemuAccount(ofRunning: xml)
  }

  /// Refuses a place for a new file that cannot work.
  ///
  /// - Parameters:
  ///   - path: The file's absolute path.
  ///   - disk: The disk that the message names.
  ///   - bytes: What has to fit.
  /// - Throws: ``MirrorError``.
  func checkPlace(of path: String, disk: String, bytes: UInt64) throws(MirrorError) {
    let directory = Self.directory(of: path)
    var status = stat()
    guard stat(directory, &status) == 0 else {
      throw .file(disk: disk, path: path, reason: "cannot be made: \(Self.errorText) ('\(directory)')")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .file(disk: disk, path: path, reason: "cannot be made: '\(directory)' is no directory")
    }
    guard access(directory, W_OK | X_OK) == 0 else {
      throw .file(disk: disk, path: path, reason: "cannot be made in '\(directory)': \(Self.errorText)")
    }
    if let closed = directoryClosedToQEMU(above: path), let owner {
      throw .file(
        disk: disk, path: path,
        reason: "is out of reach for QEMU, which runs as user \(owner.user): let it search '\(closed)' "
          + "(chmod o+x, or another directory)")
    }
    var space = statvfs()
    guard statvfs(directory, &space) == 0 else { return }
    let (free, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
    guard overflow || free >= bytes else {
      throw .file(
        disk: disk, path: path,
        reason: "has not enough room: \(free) bytes are free in '\(directory)', \(bytes) are needed")
    }
  }

  /// The first directory above a file that QEMU's account may not search.
  private func directoryClosedToQEMU(above path: String) -> String? {
    guard let owner, owner.user != 0 else { return nil }
    var directory = ""
    for component in Self.directory(of: path).split(separator: "/") {
      directory += "/" + component
      var status = stat()
      guard stat(directory, &status) == 0 else { return nil }
      let bit =
        status.st_uid == owner.user ? S_IXUSR : status.st_gid == owner.group ? S_IXGRP : S_IXOTH
      if status.st_mode & bit == 0 { return directory }
    }
    return nil
  }

  private static var errorText: String { String(cString: strerror(errno)) }

  /// The directory that a file with an absolute path is in.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Whether two paths name one file, which need not exist.
  static func isSame(_ one: String, _ other: String) -> Bool {
    one == other || (resolved(one) ?? one) == (resolved(other) ?? other)
  }

  /// A path without links and dots; the last component may be missing from the disk.
  private static func resolved(_ path: String) -> String? {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    guard let real = realpath(directory(of: path), nil) else { return nil }
    defer { free(real) }
    return String(cString: real) + "/" + (path.split(separator: "/").last ?? "")
  }

  /// Whether there is anything of this name, a dangling link included.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    // What cannot be looked at is not gone.
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }
}
