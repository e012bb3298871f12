import Synchronization

/// Tells long work that it is no longer wanted (Ctrl-C, a time limit, a failure elsewhere).
///
/// Loops ask ``check()`` at every step that may take long; whoever catches ``CancelledError`` undoes what was done.
public final class Cancellation: Sendable {
  private let requested = Atomic<Bool>(false)

  /// Not cancelled.
  public init() {}

  /// Asks the work to stop; may be called from any thread, and again.
  public func cancel() {
    requested.store(true, ordering: .releasing)
  }

  /// Forgets an earlier request, before the next piece of work of the same process.
  public func clear() {
    requested.store(false, ordering: .releasing)
  }

  /// Whether the work is no longer wanted.
  public var isCancelled: Bool {
    requested.load(ordering: .acquiring)
  }

  /// Throws if the work is no longer wanted.
  ///
  /// - Throws: ``CancelledError``.
  public func check() throws {
    if isCancelled { throw CancelledError() }
  }
}

/// Work that ended early because it was asked to.
public struct CancelledError: Error, Equatable, CustomStringConvertible {
  /// The one thing it can say.
  public init() {}

  public var description: String {
    "interrupted; everything this command had begun has been undone"
  }
}
