import Glibc

/// Bytes that several connections share for large payloads; who finds none left waits, which holds its client up.
final class MemoryBudget: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var left: Int

  init(bytes: Int) {
    left = bytes
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Takes bytes, waiting until there are as many; never more than there were at first.
  func take(_ bytes: Int) {
    pthread_mutex_lock(mutex)
    while left < bytes { pthread_cond_wait(changed, mutex) }
    left -= bytes
    pthread_mutex_unlock(mutex)
  }

  /// Gives bytes back.
  func give(_ bytes: Int) {
    pthread_mutex_lock(mutex)
    left += bytes
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }
}

/// The buffer of one connection: small requests keep it, large ones borrow from the budget of all.
final class PayloadBuffer {
  /// Bytes that a connection may keep between two requests.
  static let kept = 1 << 20

  private let budget: MemoryBudget
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var borrowed = 0

  init(budget: MemoryBudget) { self.budget = budget }

  deinit {
    memory.deallocate()
    if borrowed > 0 { budget.give(borrowed) }
  }

  /// Room for `count` bytes, whose content is undefined, until the next call of a function of this object.
  func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < count {
      release()
      if count > Self.kept {
        budget.take(count)
        borrowed = count
      }
      var capacity = 64 << 10
      while capacity < count, capacity < Self.kept { capacity *= 2 }
      memory = .allocate(byteCount: max(capacity, count), alignment: 4096)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  /// Gives back what was borrowed for a large request.
  func settle() {
    if borrowed > 0 { release() }
  }

  private func release() {
    memory.deallocate()
    memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    if borrowed > 0 { budget.give(borrowed) }
    borrowed = 0
  }
}
