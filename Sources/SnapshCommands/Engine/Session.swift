import Operations

/// What the commands of one run share: the global options, the console, and one connection for all of them.
public final class Session {
  public let options: GlobalOptions
  public let console: Console
  /// The variables the tool was started with.
  let environment: [String: String]

  init(options: GlobalOptions, console: Console, environment: [String: String] = [:]) {
    self.options = options
    self.console = console
    self.environment = environment
  }

  /// Opens the hypervisor connection unless it is open already (the module Libvirt fills this in).
  func connect() throws {}

  /// The cancellation of long work that undoes what it did; from here on Ctrl-C asks for it instead of killing.
  func interruptible() -> Cancellation {
    Interrupts.handle()
    return Interrupts.cancellation
  }
}
