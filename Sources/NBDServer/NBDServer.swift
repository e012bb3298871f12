import Glibc
import Synchronization
import SystemPackage

/// Serves disks to NBD clients until ``stop()``: one thread for each listening socket, one for each connection.
///
/// The protocol is the fixed newstyle one without TLS: whoever may connect may use every export of the socket. Memory
/// stays below ``maximumConnections`` times 1 MiB, and what exports answer with; a client whose export is slow is held up,
/// nothing is queued. No client waits for another, and one that stands still in the middle of something, instead of between
/// two requests, is dropped in the end.
public final class NBDServer: Sendable {
  /// Connections served at one time; others are closed at once.
  public static let maximumConnections = 64

  /// How long a client may go without sending or taking a byte that is due.
  struct StallLimits: Sendable {
    /// Until it has chosen an export.
    var handshake = Duration.seconds(60)
    /// In the middle of a request or its answer: as long as a program may have been stopped, or an output of its full.
    var request = Duration.seconds(300)
  }

  /// What is offered at one address.
  public struct Offer: Sendable {
    let socket: ListeningSocket
    let exports: [any NBDExport]
    let defaultExport: (any NBDExport)?

    /// - Parameters:
    ///   - exports: with names that differ; the only one of an address is also what a client gets that names none.
    ///   - socket: where clients connect; from now on the server's.
    public init(_ exports: [any NBDExport], at socket: ListeningSocket) {
      self.exports = exports
      self.socket = socket
      defaultExport = exports.count == 1 ? exports.first : nil
    }
  }

  private struct State {
    var isStopping = false
    var acceptors: [ServiceThread] = []
    var connections: [UInt64: Connection] = [:]
    var nextConnection: UInt64 = 0
    /// Bytes that ended connections have received.
    var received: UInt64 = 0
    /// Threads that have nothing more to do and wait to be joined.
    var ended: [ServiceThread] = []
  }

  private struct Connection {
    let stream: ClientStream
    var thread: ServiceThread?
  }

  private let state = Mutex(State())
  private let offers: [Offer]
  private let limits: StallLimits
  private let log: (@Sendable (String) -> Void)?

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - offers: what is served where.
  ///   - log: told in a sentence of every client that broke the protocol or was dropped; called on that client's thread.
  /// - Throws: ``NBDServerError``.
  public convenience init(
    _ offers: [Offer], log: (@Sendable (String) -> Void)? = nil
  ) throws(NBDServerError) {
    try self.init(offers, limits: StallLimits(), log: log)
  }

  init(
    _ offers: [Offer], limits: StallLimits, log: (@Sendable (String) -> Void)?
  ) throws(NBDServerError) {
    self.offers = offers
    self.limits = limits
    self.log = log
    for offer in offers {
      do {
        let thread = try ServiceThread { [self] in accept(offer) }
        state.withLock { $0.acceptors.append(thread) }
      } catch {
        stop()
        throw error
      }
    }
  }

  /// Bytes received from all clients until now: it grows for as long as anything goes on.
  public var received: UInt64 {
    state.withLock { state in
      state.connections.values.reduce(state.received) { $0 &+ $1.stream.received }
    }
  }

  /// Takes no more connections, lets each client have the answer to the request that is being served, and returns when
  /// all threads have ended. A client that does not take its answer for 2 seconds goes without.
  public func stop() {
    let (acceptors, streams) = state.withLock { state in
      state.isStopping = true
      defer { state.acceptors = [] }
      return (state.acceptors, state.connections.values.map(\.stream))
    }
    for offer in offers { offer.socket.stop() }
    for stream in streams { stream.stopReading() }
    for acceptor in acceptors { acceptor.join() }
    var patience = 200
    while state.withLock({ !$0.connections.isEmpty }) {
      usleep(10_000)
      patience -= 1
      if patience == 0 { for stream in streams { stream.hangUp() } }
    }
    for thread in state.withLock({ $0.ended }) { thread.join() }
    state.withLock { $0.ended = [] }
  }

  private func accept(_ offer: Offer) {
    do throws(NBDServerError) {
      while let descriptor = try offer.socket.accept() { take(descriptor, offer) }
    } catch {
      log?("\(error)")
    }
  }

  /// Serves one connection on a thread of its own.
  func take(_ descriptor: FileDescriptor, _ offer: Offer) {
    let stream = ClientStream(descriptor, limit: limits.handshake)
    let (number, ended) = state.withLock { state -> (UInt64?, [ServiceThread]) in
      defer { state.ended = [] }
      guard !state.isStopping, state.connections.count < Self.maximumConnections else {
        return (nil, state.ended)
      }
      defer { state.nextConnection += 1 }
      state.connections[state.nextConnection] = Connection(stream: stream)
      return (state.nextConnection, state.ended)
    }
    for thread in ended { thread.join() }
    guard let number else { return }
    do throws(NBDServerError) {
      let thread = try ServiceThread { [self] in
        serve(stream, offer)
        end(number, stream)
      }
      state.withLock { state in
        if state.connections[number] == nil {
          state.ended.append(thread)
        } else {
          state.connections[number]?.thread = thread
        }
      }
    } catch {
      end(number, stream)
      log?("\(error)")
    }
  }

  private func end(_ number: UInt64, _ stream: ClientStream) {
    // Before the server forgets it, so that who waits for it to end finds it closed.
    stream.hangUp()
    state.withLock { state in
      state.received &+= stream.received
      if let thread = state.connections.removeValue(forKey: number)?.thread { state.ended.append(thread) }
    }
  }

  private func serve(_ stream: ClientStream, _ offer: Offer) {
    do throws(ConnectionError) {
      var negotiation = Negotiation(
        with: stream, exports: offer.exports, defaultExport: offer.defaultExport)
      guard let session = try negotiation.run() else { return }
      defer { session.export.clientDetached() }
      stream.setLimit(limits.request)
      try Transmission(with: stream, session: session).run()
    } catch {
      switch error {
      case .closed: break
      case .system(let errno): log?("an NBD connection failed: \(errno)")
      case .violation(let what): log?("an NBD client broke the protocol: \(what)")
      case .stalled(let what, let limit): log?("an NBD client was dropped: for \(limit) it \(what)")
      case .abandoned(let reason):
        log?("an NBD client was dropped in the middle of its answer: \(reason)")
      }
    }
  }
}
