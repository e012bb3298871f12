import FoundationEssentials
import Glibc
import Libvirt
import SystemPackage

/// The end of a backup's job, by the process that began it or by another one.
extension DiskBackup {
  /// Ends the job if it is this backup's own, and removes its directory.
  static func end(_ domain: Domain?, _ parameters: Parameters) throws {
    if let domain {
      try endJob(of: domain, mark: parameters.mark)
      if parameters.wasRunning == true { try resume(domain) }
    }
    // What libvirt made on the guest's host, it has removed with the job.
    guard parameters.isServedByTCP != true else { return }
    let directory = parameters.directory
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names where name == "nbd.sock" || name.hasSuffix(".scratch") {
      unlink("\(directory)/\(name)")
    }
    guard rmdir(directory) == 0 || errno == ENOENT else {
      throw ArchiveOperationError.file(operation: "remove", path: directory, errno: Errno(rawValue: errno))
    }
  }

  /// Ends the backup job that has this mark in its files' names; nothing to do where it has ended or is another's.
  ///
  /// The job ends on libvirt's own time, and so does one whose QEMU is dying: its errors mean nothing as long as
  /// libvirt has not noticed.
  private static func endJob(of domain: Domain, mark: String) throws {
    var failure: any Error = LibvirtError(
      code: .operationTimeout, message: "the backup job does not end")
    var isAsked = false
    for _ in 0..<500 {
      guard try isRunning(domain) else { return }
      do {
        guard let backup = try runningBackup(of: domain), backup.contains(mark) else {
          return waitUntilReleased(domain)
        }
        if !isAsked { try domain.abortJob() }
        isAsked = true
      } catch {
        failure = error
      }
      usleep(20_000)
    }
    throw failure
  }

  /// Lets a guest go on that QEMU has stopped because a write of its found no space.
  ///
  /// That may have been the scratch file's: then the write, which QEMU kept, succeeds now. Where the guest's own image is
  /// the one without space, QEMU stops it again.
  private static func resume(_ domain: Domain) throws {
    guard try isRunning(domain), try domain.state() == .stoppedByError else { return }
    try domain.resume()
  }

  /// Waits until libvirt has let go of the scratch files.
  ///
  /// It does so after it has forgotten the backup, in a job of its own, which a query waits for. A process that has the
  /// driver inside and ended before would leave QEMU with files that are removed now: it could not open them again
  /// after a migration, and the guest would stand still for good.
  private static func waitUntilReleased(_ domain: Domain) {
    let targets = (try? GuestDisk.disks(inDomainXML: domain.xml()))?.map(\.target) ?? []
    // A guest that has ended meanwhile holds nothing any more.
    if let target = targets.first { _ = try? domain.blockJob(on: target) }
  }

  /// A guest without a definition is gone once it has ended.
  private static func isRunning(_ domain: Domain) throws -> Bool {
    do {
      return try domain.isActive()
    } catch  where error.code == .noDomain {
      return false
    }
  }

  /// The document of the backup that libvirt is making; nil where it makes none, or its driver knows of none.
  static func runningBackup(of domain: Domain) throws(LibvirtError) -> String? {
    do {
      return try domain.backupXML()
    } catch  where error.code == .noDomainBackup || error.code == .noSupport {
      return nil
    }
  }
}

extension DomainStatus {
  /// Paused by QEMU itself, for a disk's error (`VIR_DOMAIN_PAUSED_IOERROR`).
  fileprivate static let stoppedByError = DomainStatus(state: .paused, reason: 5)
}
