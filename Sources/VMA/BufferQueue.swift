import Glibc

/// A queue between two threads: the taker waits until there is something, or until the queue is closed.
///
/// The number of items is bounded by what circulates between a pair of queues, not by the queue itself.
final class BufferQueue<Item: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [Item] = []
  private var closed = false

  init(_ items: [Item] = []) {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    self.items = items
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Appends an item; on a closed queue it is dropped.
  func put(_ item: Item) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !closed else { return }
    items.append(item)
    pthread_cond_signal(changed)
  }

  /// The oldest item, or nil when the queue is closed and empty.
  func take() -> Item? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while items.isEmpty && !closed { pthread_cond_wait(changed, mutex) }
    return items.isEmpty ? nil : items.removeFirst()
  }

  /// Lets no more items in; what is there can still be taken unless it is to be dropped.
  func close(droppingItems: Bool = false) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    closed = true
    if droppingItems { items.removeAll() }
    pthread_cond_broadcast(changed)
  }
}
