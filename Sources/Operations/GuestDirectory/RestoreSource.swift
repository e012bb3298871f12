import VMA

/// What a guest is made of again: an archive, or a directory of plain files.
public protocol RestoreSource: AnyObject {
  /// What it is called in messages.
  var name: String { get }
  /// Configs and devices, as an archive's header has them.
  var header: ArchiveHeader { get }

  /// Reads all devices to their end, once.
  ///
  /// - Parameters:
  ///   - progress: told every few MiB.
  ///   - visit: gets each run, those of a memory stream in ascending order.
  /// - Throws: ``ArchiveOperationError``, `DiskIOError`, ``CancelledError``, or what `visit` throws.
  /// - Returns: what was proven; nil where nothing can be.
  func readAll(progress: (any ProgressReceiver)?, visit: @escaping (ArchiveRun) throws -> Void) throws
    -> ArchiveReport?

  /// Runs a step; what fails because of a cancellation counts as cancelled.
  func cancellable<Result>(_ step: () throws -> Result) throws -> Result
}

extension OpenArchive: RestoreSource {
  /// Reads the archive to its end and checks it.
  public func readAll(
    progress: (any ProgressReceiver)?, visit: @escaping (ArchiveRun) throws -> Void
  ) throws -> ArchiveReport? {
    try read(progress: progress, visit: visit)
  }
}
