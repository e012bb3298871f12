import Glibc
import Operations
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a cancellation that long work asks for, so that Ctrl-C undoes before it ends.
///
/// The first signal cancels; a second one kills, for whoever cannot wait. At the shell's prompt
/// Ctrl-C drops the line, and the other signals end the shell.
enum Interrupts {
  /// Cancelled by the first signal once ``handle()`` has been called.
  static let cancellation = Cancellation()

  private static let prompting = Atomic<Bool>(false)

  /// Whether the shell waits for a line.
  static var isPrompting: Bool {
    get { prompting.load(ordering: .acquiring) }
    set { prompting.store(newValue, ordering: .releasing) }
  }

  /// Turns the signals into a cancellation from now on; before that they end the process at once.
  ///
  /// One that whoever started this process lets it ignore (`nohup`, a shell's background jobs) stays ignored.
  static func handle() {
    // The handler may not be the first to touch a lazily made global.
    _ = cancellation.isCancelled || isPrompting
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      var action = sigaction()
      // Without SA_RESTART a blocked system call returns, and its loop asks for the cancellation.
      action.__sigaction_handler.sa_handler = interrupted
      sigaction(number, &action, nil)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

private func interrupted(_ number: Int32) {
  let dropsLine = Interrupts.isPrompting && number == SIGINT
  if !dropsLine && (Interrupts.isPrompting || Interrupts.cancellation.isCancelled) {
    signal(number, SIG_DFL)
    raise(number)
  }
  Interrupts.cancellation.cancel()
}
