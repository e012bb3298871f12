import Glibc
import Libvirt
import Synchronization

/// A libvirt call that lasts as long as its job, made on a thread of its own so that the caller can watch the job meanwhile.
///
/// The thread tells its end through a pipe: a call that ends before the caller waits is seen all the same, so
/// this can never wait for ever (virsh's own `save` and `managedsave` now and then do).
public struct BlockingDomainCall: Sendable {
  private let domain: Domain
  private let call: @Sendable (Domain) throws(LibvirtError) -> Void

  /// - Parameters:
  ///   - domain: The domain that the job holds.
  ///   - call: The libvirt call; made once, by ``run(cancellation:interval:progress:)``.
  public init(on domain: Domain, _ call: @escaping @Sendable (Domain) throws(LibvirtError) -> Void) {
    self.domain = domain
    self.call = call
  }

  /// Makes the call and returns when it has ended.
  ///
  /// - Parameters:
  ///   - cancellation: Once cancelled, libvirt is asked to abort the job; the call then fails by itself.
  ///   - interval: Time between two looks at the job, in milliseconds.
  ///   - progress: Called between looks, on the calling thread, while the job runs.
  /// - Throws: ``CancelledError`` when the call failed after a cancellation, else libvirt's error or the errno of the
  ///   thread that could not be had.
  public func run(
    cancellation: Cancellation, interval: Int32 = 500, progress: (JobInfo) -> Void = { _ in }
  ) throws {
    let worker = try Worker(domain: domain, call: call)
    var askedForAbort = false
    while !worker.hasEnded(within: interval) {
      if cancellation.isCancelled && !askedForAbort {
        // A driver without jobs refuses; its call is simply waited for.
        try? domain.abortJob()
        askedForAbort = true
      }
      if let info = try? domain.jobInfo(), info.kind == .bounded || info.kind == .unbounded {
        progress(info)
      }
    }
    do {
      try worker.result()
    } catch {
      if cancellation.isCancelled { throw CancelledError() }
      throw error
    }
  }
}

extension BlockingDomainCall {
  /// As ``run(cancellation:interval:progress:)``, for a call that returns something.
  public static func value<Value: Sendable>(
    on domain: Domain, cancellation: Cancellation, interval: Int32 = 500,
    progress: (JobInfo) -> Void = { _ in },
    _ call: @escaping @Sendable (Domain) throws(LibvirtError) -> Value
  ) throws -> Value {
    let returned = Returned<Value>()
    let blocking = BlockingDomainCall(on: domain) { (domain) throws(LibvirtError) in
      returned.value = try call(domain)
    }
    try blocking.run(cancellation: cancellation, interval: interval, progress: progress)
    guard let value = returned.value else {
      throw LibvirtError(code: .internalError, message: "a call on '\(domain.name)' ended without a result")
    }
    return value
  }
}

/// What a call returned, on its way from one thread to the other.
private final class Returned<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)

  var value: Value? {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}

/// The thread, its result, and the pipe that its end is read from.
private final class Worker: Sendable {
  private let domain: Domain
  private let call: @Sendable (Domain) throws(LibvirtError) -> Void
  private let outcome = Mutex<Result<Void, LibvirtError>?>(nil)
  private let readEnd: Int32
  private let writeEnd: Int32

  init(domain: Domain, call: @escaping @Sendable (Domain) throws(LibvirtError) -> Void) throws {
    self.domain = domain
    self.call = call
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw LibvirtError(
        code: .systemError, message: "cannot watch the job: no pipe can be had (errno \(errno))",
        int1: errno)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runWorker, Unmanaged.passRetained(self).toOpaque())
    guard status == 0 else {
      Unmanaged.passUnretained(self).release()
      throw LibvirtError(
        code: .systemError, message: "cannot watch the job: no thread can be had (errno \(status))",
        int1: status)
    }
    pthread_detach(thread)
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func work() {
    let result: Result<Void, LibvirtError>
    do {
      try call(domain)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    outcome.withLock { $0 = result }
    var byte: UInt8 = 1
    while write(writeEnd, &byte, 1) < 0 && errno == EINTR {}
  }

  /// Waits for the end for so many milliseconds; a signal ends the wait early.
  func hasEnded(within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  func result() throws(LibvirtError) {
    try outcome.withLock { $0 }?.get()
  }
}

/// The thread's body. At file scope, so that it belongs to no actor.
private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().work()
  return nil
}
