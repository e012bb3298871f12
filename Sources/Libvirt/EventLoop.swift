import CLibvirt
import Glibc

/// libvirt's default event loop on a thread of its own: `qemu:///embed` does not work without, events and keep-alive need it.
///
/// It has to be registered before the first connection is opened, once per process, and then runs until the process ends.
public enum EventLoop {
  /// Registers the loop and starts its thread, unless that has been done.
  ///
  /// The corresponding C functions are `virEventRegisterDefaultImpl` and `virEventRunDefaultImpl`.
  /// - Throws: ``LibvirtError`` when libvirt refuses the registration or no thread can be had.
  public static func start() throws(LibvirtError) {
    try Library.initialize()
    try loopThread.get()
  }

  /// Whether a connection to this URI should have the loop: all but the test driver, which has nothing to wait for.
  static func isNeeded(for uri: String?) -> Bool {
    !(uri ?? "").hasPrefix("test:")
  }
}

private let loopThread: Result<Void, LibvirtError> = {
  guard virEventRegisterDefaultImpl() == 0 else { return .failure(LibvirtError.last()) }
  var thread = pthread_t()
  let status = pthread_create(&thread, nil, runEventLoop, nil)
  guard status == 0 else {
    return .failure(
      LibvirtError(
        code: .systemError, message: "cannot start the thread of libvirt's event loop (errno \(status))",
        int1: status))
  }
  pthread_detach(thread)
  return .success(())
}()

/// The thread's body. At file scope, so that it belongs to no actor.
private func runEventLoop(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  while virEventRunDefaultImpl() == 0 {}
  return nil
}
