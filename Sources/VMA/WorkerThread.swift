import Glibc
import SystemPackage

/// One POSIX thread that runs one function; whoever started it must join it.
struct WorkerThread {
  private let thread: pthread_t

  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts `run` on a thread of its own, with SIGPIPE blocked: a reader that went away is an error (EPIPE).
  ///
  /// - Throws: ``VMAError`` with the errno of `pthread_create`.
  init(_ run: @escaping @Sendable () -> Void) throws(VMAError) {
    let work = Unmanaged.passRetained(Work(run))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard failure == 0 else {
      work.release()
      throw VMAError(.threadUnavailable(Errno(rawValue: failure)))
    }
    self.thread = thread
  }

  /// Waits until the function has returned.
  func join() {
    pthread_join(thread, nil)
  }
}
