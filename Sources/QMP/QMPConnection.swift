import FoundationEssentials

/// Something that QEMU tells without being asked.
public struct QMPEvent: Equatable, Sendable {
  /// What it is, such as `JOB_STATUS_CHANGE`.
  public let name: String
  /// More about it; an empty object where there is no more.
  public let data: QMPValue
}

/// One connection to a QEMU's monitor by the QEMU Monitor Protocol (docs/interop/qmp-spec), used by one thread at a time.
///
/// Commands are answered one after another. Events that come meanwhile wait to be asked for, the last
/// ``keptEvents`` of them: who needs to know more than that something has happened asks QEMU for its state.
public final class QMPConnection {
  /// Events that wait at most.
  public static let keptEvents = 1000
  /// Seconds that QEMU is given to answer a command; its main loop can stand still for a while.
  public static let patience = 120

  /// The socket's path.
  public let path: String
  private let stream: MonitorStream
  private var lastID: Int64 = 0
  private var events: [QMPEvent] = []

  /// Connects, and leaves the negotiation behind.
  ///
  /// - Parameters:
  ///   - path: the Unix socket of QEMU's `-qmp` option.
  ///   - patience: seconds that QEMU is given to greet.
  /// - Throws: ``QMPError``.
  public init(socket path: String, patience: Int = 10) throws(QMPError) {
    self.path = path
    stream = try MonitorStream(path: path)
    let deadline = ContinuousClock.now + .seconds(patience)
    var greeting: QMPValue?
    // A signal ends a wait early.
    while greeting == nil {
      guard ContinuousClock.now < deadline else { throw .noGreeting(path: path) }
      greeting = try message(until: deadline)
    }
    guard greeting?["QMP"] != nil else { throw .notQMP(path: path, reason: "it does not greet as one") }
    try execute("qmp_capabilities")
  }

  /// The process that listens at the socket; nil where the kernel does not tell.
  public var peer: Int32? { stream.peer }

  /// Runs one command.
  ///
  /// - Parameters:
  ///   - command: its name.
  ///   - arguments: what it takes.
  /// - Throws: ``QMPError``; after `.refused` alone the connection goes on.
  /// - Returns: what QEMU gives back, often an empty object.
  @discardableResult
  public func execute(
    _ command: String, _ arguments: [String: QMPValue] = [:]
  ) throws(QMPError) -> QMPValue {
    lastID += 1
    let deadline = ContinuousClock.now + .seconds(Self.patience)
    let request: QMPValue = [
      "execute": .string(command), "arguments": .object(arguments), "id": .integer(lastID),
    ]
    try stream.send(try Self.bytes(of: request, path), until: deadline)
    while true {
      guard let answer = try message(until: deadline) else {
        guard ContinuousClock.now < deadline else {
          throw .noAnswer(command: command, seconds: Self.patience)
        }
        continue
      }
      // What answers an earlier command, of which nobody waits for the answer any more, has another number.
      if let id = answer["id"], id != .integer(lastID) { continue }
      if let error = answer["error"] {
        throw .refused(
          command: command, class: error["class"]?.string ?? "GenericError",
          description: error["desc"]?.string ?? "without a reason")
      }
      if let value = answer["return"] { return value }
      keepEvent(answer)
    }
  }

  /// The next event; nil when none has come so many milliseconds later, or a signal came.
  ///
  /// - Throws: ``QMPError``.
  public func nextEvent(waiting milliseconds: Int) throws(QMPError) -> QMPEvent? {
    if events.isEmpty, let message = try message(until: .now + .milliseconds(milliseconds)) {
      keepEvent(message)
    }
    return events.isEmpty ? nil : events.removeFirst()
  }

  private func keepEvent(_ message: QMPValue) {
    guard let name = message["event"]?.string else { return }
    if events.count == Self.keptEvents { events.removeFirst() }
    events.append(QMPEvent(name: name, data: message["data"] ?? [:]))
  }

  private func message(until deadline: ContinuousClock.Instant) throws(QMPError) -> QMPValue? {
    guard let line = try stream.line(until: deadline) else { return nil }
    do {
      return try JSONDecoder().decode(QMPValue.self, from: Data(line))
    } catch {
      let beginning = String(decoding: line.prefix(40), as: UTF8.self).filter { $0.isASCII && !$0.isNewline }
      throw .notQMP(path: path, reason: "it sent '\(beginning)', which is no JSON")
    }
  }

  private static func bytes(of request: QMPValue, _ path: String) throws(QMPError) -> [UInt8] {
    do {
      return Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
    } catch {
      throw .notQMP(path: path, reason: "a command could not be put in words")
    }
  }
}
