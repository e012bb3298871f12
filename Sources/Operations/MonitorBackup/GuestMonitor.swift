import QMP
import SystemPackage

/// A QEMU's monitor, connected again where the connection was lost: what was begun in a QEMU has to be taken back in it.
final class GuestMonitor {
  private let path: String
  private var client: QMPConnection?

  /// - Throws: `QMPError`.
  init(path: String) throws(QMPError) {
    self.path = path
    client = try QMPConnection(socket: path)
  }

  /// The process of the QEMU, as far as the kernel knows it.
  var process: Int32? { client?.peer }

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
      client = try QMPConnection(socket: path)
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
