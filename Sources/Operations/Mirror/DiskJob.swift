import Glibc
import Libvirt

/// The job on one disk of a running domain.
enum DiskJob {
  /// The disk as it is now; `nil` where the running domain has none of this name.
  ///
  /// - Throws: libvirt's error, `XMLError`.
  static func chain(of target: String, on domain: Domain) throws -> DiskChain? {
    try DiskChain.chains(inDomainXML: domain.xml()).first { $0.target == target }
  }

  /// Ends a disk's job without pivoting; a disk without one is no error. Returns when it is gone.
  ///
  /// - Throws: libvirt's error.
  static func abort(on domain: Domain, disk: String) throws {
    guard try domain.blockJob(on: disk) != nil else { return }
    do {
      try domain.abortBlockJob(on: disk)
    } catch {
      // It may have ended by itself, of which libvirt takes notice a moment later.
      for _ in 0..<50 where try domain.blockJob(on: disk) != nil { usleep(20_000) }
      guard try domain.blockJob(on: disk) == nil else { throw error }
    }
    // The definition loses the job a moment after the job's end.
    for _ in 0..<100 {
      guard try chain(of: disk, on: domain)?.mirror != nil else { return }
      usleep(20_000)
    }
  }
}
