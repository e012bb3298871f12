import Glibc
import Libvirt
import Synchronization

/// Waits for events of one domain or of all, until there is one, until the time is over, or until it is cancelled.
public final class DomainEventWatch: Sendable {
  /// Why the waiting ended.
  public enum Ending: Sendable {
    /// The event waited for has come.
    case event
    /// The time is over.
    case timeout
    /// The person gave up.
    case interrupted
  }

  private let queue = EventQueue()
  private let subscriptions: [DomainEventSubscription]

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of events; those that the driver does not know are left out as long as one remains.
  ///   - connection: Whose domains.
  ///   - domain: One of them, or all.
  /// - Throws: libvirt's error when no kind can be listened to.
  public init(_ kinds: [DomainEvent.Kind], on connection: Connection, of domain: Domain?) throws(LibvirtError)
  {
    var subscriptions: [DomainEventSubscription] = []
    let queue = queue
    var refusal: LibvirtError?
    for kind in kinds {
      do {
        subscriptions.append(try connection.subscribe(to: kind, of: domain) { queue.put($0) })
      } catch {
        refusal = error
      }
    }
    if let refusal, subscriptions.isEmpty { throw refusal }
    self.subscriptions = subscriptions
  }

  /// Hands events over as they come.
  ///
  /// - Parameters:
  ///   - loops: Goes on after the first event.
  ///   - timeout: How long to wait in all; for ever where there is none.
  ///   - cancellation: Ends the waiting.
  ///   - receive: Called on the calling thread.
  /// - Returns: Why it ended.
  /// - Throws: What `receive` throws.
  public func run(
    loops: Bool, timeout: Duration?, cancellation: Cancellation, receive: (DomainEvent) throws -> Void
  ) throws -> Ending {
    let end = timeout.map { ContinuousClock.now + $0 }
    while true {
      for event in queue.take() {
        try receive(event)
        if !loops { return .event }
      }
      if cancellation.isCancelled { return .interrupted }
      let left = end.map { max(0, ContinuousClock.now.duration(to: $0).milliseconds) }
      if left == 0 { return .timeout }
      // A signal may go to another thread, whose wait it does not end.
      queue.wait(milliseconds: Int32(min(left ?? 100, 100)))
    }
  }
}

/// Events from the event loop's thread to whoever waits.
private final class EventQueue: Sendable {
  private let events = Mutex<[DomainEvent]>([])
  private let ends: (read: Int32, write: Int32)

  init() {
    var pair: [Int32] = [-1, -1]
    // Without a pipe the waiting thread looks every tenth of a second.
    ends = pipe(&pair) == 0 ? (pair[0], pair[1]) : (-1, -1)
    for end in pair where end >= 0 {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    if ends.read >= 0 {
      close(ends.read)
      close(ends.write)
    }
  }

  func put(_ event: DomainEvent) {
    events.withLock { $0.append(event) }
    var byte: UInt8 = 1
    _ = write(ends.write, &byte, 1)
  }

  func take() -> [DomainEvent] {
    events.withLock { events in
      defer { events = [] }
      return events
    }
  }

  func wait(milliseconds: Int32) {
    var entry = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(ends.read, &buffer, buffer.count) > 0 {}
  }
}

extension Duration {
  /// Whole milliseconds, rounded up.
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
