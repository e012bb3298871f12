import Glibc

/// A value for one thread at a time, of many more threads than there are processors: whoever waits sleeps.
///
/// Synchronization's `Mutex` tries for a while first, and is handed over instead of taken, so that with a holder off its
/// processor ten clients with their connections spent a third of all time on waiting (docs/performance.md).
/// So it is for whatever is held for longer than a few instructions. ThreadSanitizer understands it, too, while it knows nothing of
/// how threads that wait hand a `Mutex` over. The C functions are `pthread_mutex_lock`, `_trylock` and `_unlock`.
public final class SleepingLock<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// Apart from the object itself, whose checks for overlapping access would be one more thing that threads share.
  private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

  /// A lock that nobody has.
  public init(_ value: sending Value) {
    self.value.initialize(to: value)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Gives the value to `body`, and to nobody else meanwhile.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }

  /// The same where nobody has it now; nil else.
  public func withLockIfAvailable<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard pthread_mutex_trylock(mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
