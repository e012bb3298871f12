import QMP
import SystemPackage

/// A QEMU's monitor, connected again where the connection was lost: what was begun in a QEMU has to be taken back in it.
final class GuestMonitor {
  /// Which of the QEMUs that may have listened at one path it is, as far as the kernel knows.
  struct Identity: Codable, Equatable {
    /// Its process; nil where the kernel does not tell.
    var process: Int32?
    /// When that began, as field 22 of `/proc/PID/stat`; nil where there is no such process any more, for whoever
    /// listened first may have handed the socket on.
    var start: String?

    /// Whether the two cannot be the same.
    func excludes(_ other: Identity) -> Bool {
      guard let process, let otherProcess = other.process else { return false }
      guard process == otherProcess else { return true }
      guard let start, let otherStart = other.start else { return false }
      return start != otherStart
    }
  }

  private let path: String
  private let expected: Identity?
  private var client: QMPConnection?

  /// - Throws: `QMPError`.
  init(path: String) throws(QMPError) {
    self.path = path
    expected = nil
    client = try QMPConnection(socket: path)
  }

  /// One that is connected to by ``reconnect()``, and to no other QEMU that may be at the path by now.
  init(path: String, of expected: Identity) {
    self.path = path
    self.expected = expected
  }

  /// The process of the QEMU, as far as the kernel knows it.
  var process: Int32? { client?.peer }

  /// Which QEMU it is.
  var identity: Identity { client.map(Self.identity) ?? Identity() }

  private static func identity(of client: QMPConnection) -> Identity {
    Identity(process: client.peer, start: client.peer.flatMap(ProcessStart.moment(of:)))
  }

  /// Runs one command.
  ///
  /// - Throws: `QMPError`.
  @discardableResult
  func execute(_ command: String, _ arguments: [String: QMPValue] = [:]) throws(QMPError) -> QMPValue {
    try using { (client) throws(QMPError) in try client.execute(command, arguments) }
  }

  /// Waits until something has happened, for so many milliseconds at most.
  ///
  /// - Throws: `QMPError`.
  func waitForEvent(_ milliseconds: Int) throws(QMPError) {
    try using { (client) throws(QMPError) in
      guard try client.nextEvent(waiting: milliseconds) != nil else { return }
      // One look at the state does for all that has happened before.
      while try client.nextEvent(waiting: 0) != nil {}
    }
  }

  /// Makes sure that there is a connection; false where there is no such QEMU any more.
  ///
  /// - Throws: `QMPError` where it is there and cannot be reached.
  func reconnect() throws(QMPError) -> Bool {
    if client != nil { return true }
    do {
      let client = try QMPConnection(socket: path)
      if let expected, Self.identity(of: client).excludes(expected) { return false }
      self.client = client
      return true
    } catch .connect(_, let errno) where [.noSuchFileOrDirectory, .connectionRefused].contains(errno) {
      return false
    }
  }

  private func using<Value>(_ body: (QMPConnection) throws(QMPError) -> Value) throws(QMPError) -> Value {
    guard let client else { throw .gone(path: path) }
    do throws(QMPError) { return try body(client) } catch {
      // Closed, so that QEMU serves the next connection.
      if error.isBroken { self.client = nil }
      throw error
    }
  }
}
