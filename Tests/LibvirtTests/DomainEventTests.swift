import Glibc
import Libvirt
import Synchronization
import Testing

/// Keeps what arrives, and lets the test wait for it.
private final class Mailbox: Sendable {
  private let received = Mutex<[DomainEvent]>([])

  func put(_ event: DomainEvent) {
    received.withLock { $0.append(event) }
  }

  /// What has arrived once there are so many.
  func wait(for count: Int) -> [DomainEvent] {
    var events: [DomainEvent] = []
    repeat {
      // No deadline of its own: a missing event is the test's time limit to tell.
      sched_yield()
      events = received.withLock { $0 }
    } while events.count < count
    return events
  }
}

@Suite(.timeLimit(.minutes(1)))
struct DomainEventTests {
  @Test func `what happens to a domain is told to whoever listens`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let domain = try connection.domain(named: "one")
    let mailbox = Mailbox()
    let subscription = try connection.subscribe(to: .lifecycle) { mailbox.put($0) }
    try domain.destroy()
    let event = try #require(mailbox.wait(for: 1).first)
    #expect(event.kind == .lifecycle)
    #expect(event.domain == "one")
    #expect(try event.uuid == domain.uuid())
    // VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED
    #expect(event.details == .lifecycle(event: 5, detail: 1))
    subscription.cancel()
  }

  @Test func `a subscription to one domain hears of no other`() throws {
    let node = try PrivateNode(domains: [
      PrivateNode.domain(name: "one"), PrivateNode.domain(name: "two"),
    ])
    let connection = try node.connect()
    let mailbox = Mailbox()
    let one = try connection.domain(named: "one")
    let subscription = try connection.subscribe(to: .lifecycle, of: one) { mailbox.put($0) }
    try connection.domain(named: "two").destroy()
    try one.destroy()
    #expect(mailbox.wait(for: 1).map(\.domain) == ["one"])
    subscription.cancel()
  }

  @Test func `a changed setting comes with its namespace`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    let mailbox = Mailbox()
    let subscription = try connection.subscribe(to: .metadataChange) { mailbox.put($0) }
    try connection.domain(named: "one").setMetadata("<a/>", prefix: "p", namespace: "urn:test")
    // VIR_DOMAIN_METADATA_ELEMENT
    #expect(mailbox.wait(for: 1).map(\.details) == [.metadataChange(type: 2, namespace: "urn:test")])
    subscription.cancel()
  }

  @Test func `every kind can be listened to at once, and the listeners go with their subscriptions`() throws {
    let node = try PrivateNode()
    let connection = try node.connect()
    var subscriptions = try DomainEvent.Kind.allCases.map { kind in
      try connection.subscribe(to: kind) { _ in }
    }
    #expect(subscriptions.count == 27)
    #expect(throws: LibvirtError.self) { try connection.subscribe(to: .reboot) { _ in } }
    subscriptions.removeAll()
    try connection.subscribe(to: .reboot) { _ in }.cancel()
  }

  @Test func `a driver without job statistics says so`() throws {
    let node = try PrivateNode()
    let domain = try node.connect().domain(named: "one")
    let error = #expect(throws: LibvirtError.self) { try domain.jobStatistics() }
    #expect(error?.code == .noSupport)
  }
}
