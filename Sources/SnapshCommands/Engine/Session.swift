import Libvirt
import Operations

/// What the commands of one run share: the global options, the console, and one connection for all of them.
public final class Session {
  public let options: GlobalOptions
  public let console: Console
  /// The variables the tool was started with.
  let environment: [String: String]
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
      opened = connection
      return connection
    } catch {
      throw CommandFailure("failed to connect to the hypervisor", cause: error)
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
      opened = connection
      connectedURI = target
      return connection
    } catch {
      throw CommandFailure("failed to connect to the hypervisor", cause: error)
    }
  }

  /// The domain that a person named, in virsh's order: ID, UUID, name.
  ///
  /// - Throws: ``CommandFailure`` with virsh's one line; libvirt's error goes to programs only.
  func domain(_ text: String, by keys: Connection.LookupKeys = .any) throws -> Domain {
    let connection = try connection()
    do {
      return try connection.domain(text, by: keys)
    } catch {
      throw CommandFailure(lines: ["failed to get domain '\(text)'"], hiding: error)
    }
  }

  /// The cancellation of long work that undoes what it did; from here on Ctrl-C asks for it instead of killing.
  func interruptible() -> Cancellation {
    Interrupts.handle()
    return Interrupts.cancellation
  }
}
