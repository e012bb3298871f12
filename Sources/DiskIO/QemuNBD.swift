import CLibNBD
import CLinux
import Glibc
import SystemPackage

/// Images of any format that QEMU reads, through a `qemu-nbd` of our own that ends with the connection.
enum QemuNBD {
  /// Opens an image for reading; QEMU refuses one that another process writes to.
  static func source(path: String, format: ImageFormat) throws(DiskIOError) -> NBDSource {
    // A missing file is told better by the system than through two programs.
    _ = try ImageFile(path: path, writable: false)
    try QemuImage.requireKnownBackingFormats(path: path, format: format)
    return try NBDSource(connect(path: path, format: format, options: ["--read-only"]))
  }

  /// Opens an existing image for writing; `isKnownZero` says that it was made just now and reads as zeros.
  static func target(path: String, format: ImageFormat, isKnownZero: Bool) throws(DiskIOError) -> NBDTarget {
    _ = try ImageFile(path: path, writable: true)
    return NBDTarget(try connect(path: path, format: format, options: []), isKnownZero: isKnownZero)
  }

  private static func connect(path: String, format: ImageFormat, options: [String]) throws(DiskIOError)
    -> NBDConnection
  {
    let program = try ChildProcess.path(of: "qemu-nbd", package: "qemu-utils")
    let complaints = memfd_create("qemu-nbd-errors", UInt32(LINUX_MFD_CLOEXEC))
    guard complaints >= 0 else { throw DiskIOError.lastErrno("open", path) }
    defer { close(complaints) }
    // libnbd starts the program with its own standard error, which is the user's terminal. The shell, given a fixed
    // script and the rest as arguments that it does not read, points it to a place where we can read it.
    let words =
      [
        "/bin/sh", "-c", #"export LC_ALL=C; exec 2>>"$0" </dev/null >/dev/null; exec "$@""#,
        "/proc/\(getpid())/fd/\(complaints)",
        program, "--format=\(format)", "--shared=1",
      ] + options + ["--", try absolute(path)]
    do throws(DiskIOError) {
      return try NBDConnection(name: path) { handle in
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        return nbd_connect_systemd_socket_activation(handle, &arguments)
      }
    } catch {
      // The failed connection has been closed and the program waited for: all it had to say is there.
      guard let reason = ChildProcess.lastLine(of: contents(of: complaints), tool: "qemu-nbd") else {
        throw error
      }
      if reason.contains("Is another process using the image") { throw DiskIOError.inUse(path: path) }
      throw DiskIOError.toolFailed(tool: "qemu-nbd", reason: reason)
    }
  }

  /// The path from the root, which QEMU takes as a file name whatever it holds: `json:{…}` or `nbd:…` at its start would
  /// be something else.
  static func absolute(_ path: String) throws(DiskIOError) -> String {
    if path.hasPrefix("/") { return path }
    guard let directory = getcwd(nil, 0) else { throw DiskIOError.lastErrno("open", path) }
    defer { free(directory) }
    return String(cString: directory) + "/" + path
  }

  private static func contents(of descriptor: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(0, count)))
  }
}
