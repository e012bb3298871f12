import DiskIO
import Glibc

/// An overlay whose transient guest is gone, and with it whoever knew whether it was still on the overlay.
///
/// A guest that had been moved to the base goes on writing there; merging the overlay after that would put old data over
/// new. So it is merged only where it is sure to be the newer of the two.
struct OrphanedOverlay {
  private let merge: OverlayMerge

  init(_ merge: OverlayMerge) {
    self.merge = merge
  }

  /// Merges the overlay's file into the base; one that is gone was merged before.
  ///
  /// - Parameter isCurrent: Whether the guest is known to have been on the overlay when it ended.
  /// - Throws: ``MirrorError`` `.undecided`, `DiskIOError`.
  func merge(isCurrent: Bool = false) throws {
    guard StorageCheck.exists(merge.overlay.path) else { return }
    // While the guest is on the overlay nothing but a merge writes to the base.
    if isCurrent || Self.isNewer(merge.overlay.path, than: merge.base.path) { return try merge.commitFile() }
    guard try isSame() else {
      throw MirrorError.undecided(
        disk: merge.target, overlay: merge.overlay.path, base: merge.base.path)
    }
  }

  /// Whether a file was written to after another one.
  static func isNewer(_ path: String, than other: String) -> Bool {
    var overlay = stat()
    var base = stat()
    guard stat(path, &overlay) == 0, stat(other, &base) == 0 else { return false }
    // The node of a device is not dated by what is written to the device.
    guard [overlay, base].allSatisfy({ $0.st_mode & S_IFMT == S_IFREG }) else { return false }
    return (overlay.st_mtim.tv_sec, overlay.st_mtim.tv_nsec) > (base.st_mtim.tv_sec, base.st_mtim.tv_nsec)
  }

  private func isSame() throws -> Bool {
    try QemuImage.isSame(
      (merge.overlay.path, ImageFormat(merge.overlay.format)),
      (merge.base.path, ImageFormat(merge.base.format)))
  }
}
