import Glibc
import Libvirt

/// Tells whether images that snapshots had frozen were left alone by a merge that failed.
struct FrozenImageWatch {
  /// What every write to a file changes.
  private enum Stamp: Equatable {
    case missing
    case file(inode: UInt, size: Int, blocks: Int, seconds: Int, nanoseconds: Int)
    /// The node of a device is not dated by what is written to the device.
    case undated

    init(of path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else {
        self = errno == ENOENT ? .missing : .undated
        return
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        self = .undated
        return
      }
      self = .file(
        inode: UInt(status.st_ino), size: Int(status.st_size), blocks: Int(status.st_blocks),
        seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
    }
  }

  private static let refusals: Set<LibvirtError.Code> = [
    .noSupport, .invalidArgument, .operationDenied, .operationInvalid, .configurationUnsupported,
    .operationTimeout, .argumentUnsupported,
  ]

  private let domain: Domain
  private let wasActive: Bool
  private let stamps: [(path: String, stamp: Stamp)]

  /// Takes down how the images are.
  ///
  /// - Throws: libvirt's error.
  init(_ paths: [String], of domain: Domain) throws(LibvirtError) {
    self.domain = domain
    wasActive = try domain.isActive()
    stamps = paths.map { ($0, Stamp(of: $0)) }
  }

  /// Whether nothing has been written to any of them, and nobody is about to; false where that cannot be told.
  func areUntouched(after error: any Error) -> Bool {
    guard let isActive = try? domain.isActive(), (try? SnapshotFamily(of: domain).requireNoDiskJobs()) != nil
    else { return false }
    return stamps.allSatisfy { path, before in
      // For a device there is only what libvirt says before it begins.
      guard before != .undated else { return isActive == wasActive && Self.isRefusal(error) }
      return Stamp(of: path) == before
    }
  }

  private static func isRefusal(_ error: any Error) -> Bool {
    (error as? LibvirtError).map { refusals.contains($0.code) } ?? false
  }
}
