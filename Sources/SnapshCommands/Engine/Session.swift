import Libvirt
import Operations

/// What the commands of one run share: the global options, the console, and one connection for all of them.
public final class Session {
  public let options: GlobalOptions
  public let console: Console
  /// The variables the tool was started with.
  let environment: [String: String]
  /// The name of the command being run.
  var commandName = ""
  /// Whether the command being run prints JSON; what only programs are told need not be asked for otherwise.
  var printsJSON = false
  /// The hypervisor connection, once it is open.
  private var opened: Connection?
  /// What `connect` has connected to since the start.
  private var connectedURI: String?

  /// Set by `quit`: no further command of the session is run.
  var hasEnded = false

  /// Whether commands come line by line, so that one may change what the next starts from.
  var isShell = false

  init(options: GlobalOptions, console: Console, environment: [String: String] = [:]) {
    self.options = options
    self.console = console
    self.environment = environment
  }

  /// Opens the hypervisor connection unless it is open already.
  func connect() throws {
    _ = try connection()
  }

  /// The hypervisor connection, opened by whoever asks first.
  ///
  /// - Throws: ``CommandFailure`` around libvirt's error.
  func connection() throws -> Connection {
    if let opened { return opened }
    do {
      let connection = try Connection(uri: options.uri, readOnly: options.isReadOnly)
      try keepAlive(connection)
      opened = connection
      return connection
    } catch let error as LibvirtError {
      throw CommandFailure("failed to connect to the hypervisor", cause: error)
    }
  }

  /// Makes libvirt notice when the other end has gone: after six unanswered messages, one every five seconds, or as
  /// `-k` and `-K` say. A driver that cannot do it is let be unless one of them was given.
  ///
  /// - Throws: ``CommandFailure`` around libvirt's error; the connection is then of no use.
  private func keepAlive(_ connection: Connection) throws {
    let interval = options.keepAliveInterval ?? 5
    guard interval > 0 else { return }
    do {
      try connection.keepAlive(interval: interval, count: UInt32(clamping: options.keepAliveCount ?? 6))
    } catch {
      guard options.keepAliveInterval == nil && options.keepAliveCount == nil else {
        connection.close()
        throw CommandFailure(
          "Cannot setup keepalive on connection as requested, disconnecting",
          cause: CommandFailure("failed to connect to the hypervisor", cause: error))
      }
      try console.note("Failed to setup keepalive on connection", level: .info, json: printsJSON)
    }
  }

  /// Opens another connection for the commands that follow; the one before stays where this one cannot be had.
  ///
  /// - Parameters:
  ///   - uri: What to connect to; what the session is connected to now where there is none.
  ///   - readOnly: Whether every change is to be refused.
  /// - Throws: ``CommandFailure`` around libvirt's error.
  /// - Returns: The new connection.
  func reconnect(to uri: String?, readOnly: Bool) throws -> Connection {
    let target = uri ?? connectedURI ?? options.uri
    do {
      let connection = try Connection(
        uri: target.flatMap { $0.isEmpty ? nil : $0 }, readOnly: readOnly)
      try keepAlive(connection)
      opened = connection
      connectedURI = target
      return connection
    } catch let error as LibvirtError {
      throw CommandFailure("failed to connect to the hypervisor", cause: error)
    }
  }

  /// The domain that a person named, in virsh's order: ID, UUID, name.
  ///
  /// - Throws: ``CommandFailure`` with virsh's one line; libvirt's error goes to programs only.
  func domain(_ text: String, by keys: Connection.LookupKeys = .any) throws -> Domain {
    let connection = try connection()
    try noteLookup(of: text, by: keys)
    do {
      return try connection.domain(text, by: keys)
    } catch {
      throw CommandFailure(lines: ["failed to get domain '\(text)'"], hiding: error)
    }
  }

  /// Tells of the ways in which a domain is looked for.
  private func noteLookup(of text: String, by keys: Connection.LookupKeys) throws {
    func note(_ message: String, level: DiagnosticLog.Level) throws {
      try console.note("\(commandName): \(message)", level: level, json: printsJSON)
    }
    try note("found option <domain>: \(text)", level: .info)
    guard console.log?.tells(.debug) == true else { return }
    let connection = try connection()
    if keys.contains(.id), let id = Int32(text), id >= 0 {
      try note("<domain> looks like ID", level: .debug)
      if (try? connection.domain(id: id)) != nil { return }
    }
    if keys.contains(.uuid), text.utf8.count == 36 {
      try note("<domain> trying as domain UUID", level: .debug)
      if (try? connection.domain(uuid: text)) != nil { return }
    }
    if keys.contains(.name) { try note("<domain> trying as domain NAME", level: .debug) }
  }

  /// The cancellation of long work that undoes what it did; from here on Ctrl-C asks for it instead of killing.
  func interruptible() -> Cancellation {
    Interrupts.handle()
    return Interrupts.cancellation
  }
}
