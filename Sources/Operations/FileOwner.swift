import Glibc

/// Whom an image belongs to.
enum FileOwner {
  /// Whether there is anything at a path, as far as can be told: what cannot be looked at is not gone.
  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }

  /// Gives a new image to whoever owns the one below it, as QEMU may run under that account.
  ///
  /// Where we may not, the image stays ours and libvirt, which as a rule gives images to QEMU itself, has the last word.
  static func copy(from path: String, to new: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    _ = chown(new, status.st_uid, status.st_gid)
    _ = chmod(new, (status.st_mode & 0o660) | 0o600)
  }
}
