import CLinux
import Glibc
import SystemPackage

/// The right to carry out, finish or take back an operation on a domain: one at a time, however many ask for it.
///
/// A lock (`F_OFD_SETLK`) on a file of the domain's, which the kernel lets go of when its holder ends, however it ends. The file
/// stays: whoever removed it could take it from under somebody who is just opening it.
final class DomainClaim {
  private let descriptor: Int32

  /// Claims a domain, without waiting; nil where somebody else is at work.
  ///
  /// - Parameters:
  ///   - domainUUID: The domain.
  ///   - journals: Where the journals of operations are; the lock is beside that directory, in `locks`.
  /// - Throws: ``JournalError``.
  init?(on domainUUID: String, beside journals: FilePath) throws(JournalError) {
    let path = Self.path(of: domainUUID, beside: journals)
    do {
      try OperationJournal.makeDirectory(path.removingLastComponent())
    } catch {
      throw JournalError(path: path.string, reason: "cannot be made (\(error)); nothing is begun without it")
    }
    descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw JournalError(
        path: path.string, reason: "cannot be opened (\(Errno(rawValue: errno))); nothing is begun without it"
      )
    }
    var lock = Self.wholeFile()
    guard fcntl(descriptor, Int32(LINUX_F_OFD_SETLK), &lock) == 0 else { return nil }
  }

  deinit {
    // A program that is just being started still has a copy of the descriptor, and would keep the lock.
    var lock = Self.wholeFile()
    lock.l_type = Int16(F_UNLCK)
    _ = fcntl(descriptor, Int32(LINUX_F_OFD_SETLK), &lock)
    close(descriptor)
  }

  /// Whether somebody is at work on a domain, this process included.
  static func isHeld(on domainUUID: String, beside journals: FilePath) -> Bool {
    let descriptor = open(path(of: domainUUID, beside: journals).string, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Asks without taking it, which would turn away whoever wants it at this moment.
    var lock = wholeFile()
    return fcntl(descriptor, Int32(LINUX_F_OFD_GETLK), &lock) == 0 && lock.l_type != F_UNLCK
  }

  private static func wholeFile() -> flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }

  private static func path(of domainUUID: String, beside journals: FilePath) -> FilePath {
    journals.removingLastComponent().appending("locks").appending("\(domainUUID).lock")
  }
}
