import CLinux
import Glibc
import SystemPackage

/// The right to carry out, finish or take back an operation on a domain: one at a time, however many ask for it.
///
/// A lock (`F_OFD_SETLK`) on a file of the domain's, which the kernel lets go of when its holder ends, however it ends. An operation
/// that no libvirt has a part in has a file of its own.
final class DomainClaim {
  private let path: FilePath
  private let descriptor: Int32

  /// Claims a domain, without waiting; nil where somebody else is at work.
  ///
  /// - Parameters:
  ///   - name: The domain's UUID, or the operation's own name.
  ///   - journals: Where the journals of operations are; the lock is beside that directory, in `locks`.
  /// - Throws: ``JournalError``.
  init?(on name: String, beside journals: FilePath) throws(JournalError) {
    path = Self.path(of: name, beside: journals)
    do {
      try OperationJournal.makeDirectory(path.removingLastComponent())
    } catch {
      throw JournalError(path: path.string, reason: "cannot be made (\(error)); nothing is begun without it")
    }
    guard let descriptor = try Self.lockedFile(path) else { return nil }
    self.descriptor = descriptor
    let process = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, process, process.count, 0)
  }

  deinit {
    _ = ftruncate(descriptor, 0)
    // A program that is just being started still has a copy of the descriptor, and would keep the lock.
    var lock = Self.wholeFile()
    lock.l_type = Int16(F_UNLCK)
    _ = fcntl(descriptor, Int32(LINUX_F_OFD_SETLK), &lock)
    close(descriptor)
  }

  /// Removes the file of an operation that nobody will claim again.
  func removeFile() { unlink(path.string) }

  /// Whether somebody is at work on a domain, this process included.
  static func isHeld(on name: String, beside journals: FilePath) -> Bool {
    let descriptor = open(path(of: name, beside: journals).string, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Asks without taking it, which would turn away whoever wants it at this moment.
    var lock = wholeFile()
    return fcntl(descriptor, Int32(LINUX_F_OFD_GETLK), &lock) == 0 && lock.l_type != F_UNLCK
  }

  /// The process that is at work, for people; nil where that cannot be told.
  static func holder(on name: String, beside journals: FilePath) -> Int32? {
    guard let file = try? FileDescriptor.open(path(of: name, beside: journals), .readOnly) else { return nil }
    defer { try? file.close() }
    var digits = [UInt8](repeating: 0, count: 16)
    guard let count = try? digits.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
    return Int32(String(decoding: digits.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
  }

  /// Opens a file and locks it; nil where somebody else has locked it.
  private static func lockedFile(_ path: FilePath) throws(JournalError) -> Int32? {
    while true {
      let descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { throw failure("opened", path) }
      var lock = wholeFile()
      guard fcntl(descriptor, Int32(LINUX_F_OFD_SETLK), &lock) == 0 else {
        let isTaken = errno == EAGAIN || errno == EACCES
        let failure = failure("locked", path)
        close(descriptor)
        if isTaken { return nil }
        throw failure
      }
      // Its last holder may have removed it since it was opened.
      var (own, present) = (stat(), stat())
      if fstat(descriptor, &own) == 0, lstat(path.string, &present) == 0, own.st_ino == present.st_ino {
        return descriptor
      }
      close(descriptor)
    }
  }

  private static func failure(_ operation: String, _ path: FilePath) -> JournalError {
    JournalError(
      path: path.string,
      reason: "cannot be \(operation) (\(Errno(rawValue: errno))); nothing is begun without it")
  }

  private static func wholeFile() -> flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }

  private static func path(of name: String, beside journals: FilePath) -> FilePath {
    journals.removingLastComponent().appending("locks").appending("\(name).lock")
  }
}
