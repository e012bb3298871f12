import CLinux
import Glibc

/// How much a pipe holds: the more, the seldomer do its two ends wait for each other.
public enum PipeCapacity {
  /// What is asked for, in bytes; what the kernel allows everybody (`/proc/sys/fs/pipe-max-size`), and a second level cache.
  private static let wanted = 1 << 20

  /// Makes a pipe larger, where it is one and the kernel allows it.
  ///
  /// The corresponding C function is `fcntl` with `F_SETPIPE_SZ`.
  /// - Parameter descriptor: either end, or anything else.
  public static func enlarge(_ descriptor: Int32) {
    let held = fcntl(descriptor, Int32(LINUX_F_GETPIPE_SZ))
    guard held >= 0, held < wanted else { return }
    _ = fcntl(descriptor, Int32(LINUX_F_SETPIPE_SZ), Int32(wanted))
  }
}
