import FoundationEssentials
import Glibc
import NBDServer
import Synchronization

/// Watches the file systems that take what a guest overwrites while it is backed up, and ends the backup before one is
/// full.
///
/// QEMU hands an error of a scratch file on to the guest's own write. Where no space is left it stops the guest, which
/// stays so until somebody resumes it.
final class ScratchWatch: Sendable {
  /// Bytes that are left free: what a guest may overwrite between two looks, and the archive beside the scratch files
  /// may take.
  static let reserve: UInt64 = 64 << 20
  /// What is added for a file system that fills up fast, at most.
  private static let longestStride: UInt64 = 1 << 30
  private static let pause: useconds_t = 100_000

  private struct State {
    var thread: ServiceThread?
    var isStopped = false
    var failure: GuestArchiveError?
  }

  private let directories: [String]
  private let freeBytes: @Sendable (String) -> UInt64?
  private let endBackup: @Sendable () -> Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - directories: where the scratch files are.
  ///   - freeBytes: what the file system of a directory has left; nil where that is not known.
  ///   - endBackup: ends the backup, on another thread than the caller's; called until it says that it has ended.
  init(
    of directories: [String], freeBytes: @escaping @Sendable (String) -> UInt64? = free,
    endBackup: @escaping @Sendable () -> Bool
  ) {
    self.directories = directories
    self.freeBytes = freeBytes
    self.endBackup = endBackup
  }

  /// Refuses directories of which a backup would have to be ended at once.
  ///
  /// - Throws: ``GuestArchiveError``.
  static func requireRoom(
    in directories: [String], freeBytes: (String) -> UInt64? = free
  ) throws(GuestArchiveError) {
    for directory in directories {
      guard let free = freeBytes(directory), free < reserve else { continue }
      throw .scratchTooSmall(directory: directory, free: free, needed: reserve)
    }
  }

  /// Begins to watch.
  ///
  /// - Throws: what keeps a thread from being made.
  func start() throws {
    let thread = try ServiceThread { [self] in watch() }
    state.withLock { $0.thread = thread }
  }

  /// Ends the watching; nothing is ended by it any more when this returns.
  func stop() {
    let thread = state.withLock { state in
      state.isStopped = true
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
  }

  /// Whether the backup has not been ended for want of room.
  ///
  /// - Throws: ``GuestArchiveError``.
  func check() throws(GuestArchiveError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  private func watch() {
    var former = directories.map { freeBytes($0) ?? .max }
    while !state.withLock({ $0.isStopped }) {
      for (index, directory) in directories.enumerated() {
        guard let free = freeBytes(directory) else { continue }
        let isShort = Self.isShort(free, formerly: former[index])
        former[index] = free
        guard isShort else { continue }
        // Known before the backup ends: what is read from its exports afterwards is not of its instant.
        state.withLock { $0.failure = .scratchFull(directory: directory, free: free) }
        return insist()
      }
      usleep(Self.pause)
    }
  }

  /// Ends the backup, also where libvirt cannot do it at once.
  private func insist() {
    while !endBackup(), !state.withLock({ $0.isStopped }) { usleep(Self.pause) }
  }

  /// Whether so few bytes are free that the next look may come too late, at the pace since the last one.
  static func isShort(_ free: UInt64, formerly: UInt64) -> Bool {
    let taken = formerly == .max || formerly < free ? 0 : formerly - free
    return free < reserve + min(longestStride, taken.multipliedReportingOverflow(by: 2).partialValue)
  }

  /// Bytes that the file system of a directory has left for whoever is not root; nil where it does not tell.
  @Sendable static func free(in directory: String) -> UInt64? {
    var space = statvfs()
    guard statvfs(directory, &space) == 0, space.f_blocks > 0 else { return nil }
    let (free, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
    let real = overflow ? .max : free
    guard let limit = InjectedFault.scratchLimit else { return real }
    return min(real, reserve + limit - min(reserve + limit, used(in: directory)))
  }

  /// Bytes that the files of a directory take.
  private static func used(in directory: String) -> UInt64 {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.reduce(0) { sum, name in
      var status = stat()
      return stat("\(directory)/\(name)", &status) == 0 ? sum + UInt64(status.st_blocks) * 512 : sum
    }
  }
}
