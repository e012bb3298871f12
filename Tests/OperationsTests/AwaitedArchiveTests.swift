import Foundation
import Operations
import Synchronization
import TestSupport
import Testing

@Suite("An archive that is awaited on a pipe")
struct AwaitedArchiveTests {
  /// A thread that opens the archive, and what comes of it.
  private final class Wait: Sendable {
    let thread = Mutex<pthread_t?>(nil)
    let isCancelled = Mutex<Bool?>(nil)
    /// Lets the thread end once nobody signals it any more.
    let release = DispatchSemaphore(value: 0)

    func open(_ path: String, _ cancellation: Cancellation) {
      // Threads of tests block signals.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGUSR1)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      thread.withLock { $0 = pthread_self() }
      var isCancelled = false
      do { _ = try OpenArchive(path: path, cancellation: cancellation) } catch {
        isCancelled = error is CancelledError
      }
      self.isCancelled.withLock { [isCancelled] in $0 = isCancelled }
      release.wait()
    }
  }

  @Test(
    "the first signal ends the wait, for a writer and for what it writes", arguments: [false, true])
  func cancelled(hasWriter: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    // Open for both: a reader finds a writer, who brings nothing.
    let writer = hasWriter ? open(path, O_RDWR | O_CLOEXEC) : -1
    defer { if hasWriter { close(writer) } }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGUSR1, &action, nil)
    let cancellation = Cancellation()
    let wait = Wait()
    Thread.detachNewThread { wait.open(path, cancellation) }
    // Long enough that the thread waits; where it does not yet, it finds the cancellation at once.
    usleep(100_000)
    cancellation.cancel()
    // A signal that comes between two system calls interrupts neither.
    for _ in 0..<3000 where wait.isCancelled.withLock({ $0 }) == nil {
      wait.thread.withLock { thread in if let thread { pthread_kill(thread, SIGUSR1) } }
      usleep(10_000)
    }
    #expect(wait.isCancelled.withLock { $0 } == true)
    wait.release.signal()
  }
}
