import Glibc
import Operations

/// SIGINT, SIGTERM and SIGHUP as a cancellation that long work asks for, so that Ctrl-C undoes before it ends.
///
/// The first signal cancels; a second one of the same kind kills, for whoever cannot wait.
enum Interrupts {
  /// Cancelled by the first signal once ``handle()`` has been called.
  static let cancellation = Cancellation()

  /// Turns the signals into a cancellation from now on; before that they end the process at once.
  static func handle() {
    // The handler may not be the first to touch a lazily made global.
    _ = cancellation.isCancelled
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = interrupted
      // Without SA_RESTART a blocked system call returns, and its loop asks for the cancellation.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }
}

private func interrupted(_ number: Int32) {
  Interrupts.cancellation.cancel()
}
