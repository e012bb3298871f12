import Glibc
import SystemPackage

/// One POSIX thread that runs one function; whoever started it must join it.
public struct ServiceThread: Sendable {
  private let thread: pthread_t

  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts `run`, with the signals that ask a process to end blocked: they are for the thread that waits for the work.
  ///
  /// - Throws: ``NBDServerError`` `.thread`.
  public init(_ run: @escaping @Sendable () -> Void) throws(NBDServerError) {
    let work = Unmanaged.passRetained(Work(run))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard failure == 0 else {
      work.release()
      throw .thread(Errno(rawValue: failure))
    }
    self.thread = thread
  }

  /// Waits until the function has returned.
  public func join() {
    pthread_join(thread, nil)
  }
}
