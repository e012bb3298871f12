import Glibc
import Libvirt
import Operations
import Testing

@Suite("A long libvirt call is watched while it runs, and always ends")
struct BlockingDomainCallTests {
  private func domain() throws -> Domain {
    try Connection(uri: "test:///default").domain(named: "test")
  }

  @Test("a call that ends at once is seen to end, every time")
  func quick() throws {
    let domain = try domain()
    for _ in 0..<500 {
      try BlockingDomainCall(on: domain) { _ in }.run(cancellation: Cancellation(), interval: 60_000)
    }
  }

  @Test("libvirt's error comes back as it was")
  func failure() throws {
    let expected = LibvirtError(code: .operationInvalid, domain: .qemu, message: "no")
    let call = BlockingDomainCall(on: try domain()) { (_) throws(LibvirtError) in throw expected }
    #expect(throws: expected) { try call.run(cancellation: Cancellation()) }
  }

  @Test("a call that fails after a cancellation is told as interrupted; one that succeeds is a success")
  func cancelled() throws {
    let cancellation = Cancellation()
    let failing = BlockingDomainCall(on: try domain()) { (_) throws(LibvirtError) in
      while !cancellation.isCancelled { usleep(1_000) }
      throw LibvirtError(code: .operationAborted, message: "operation aborted")
    }
    cancellation.cancel()
    #expect(throws: CancelledError.self) { try failing.run(cancellation: cancellation, interval: 10) }
    let succeeding = BlockingDomainCall(on: try domain()) { _ in usleep(50_000) }
    try succeeding.run(cancellation: cancellation, interval: 10)
  }

  @Test("the domain stays usable while its call runs on the other thread")
  func watched() throws {
    let domain = try domain()
    let call = BlockingDomainCall(on: domain) { _ in usleep(100_000) }
    try call.run(cancellation: Cancellation(), interval: 5) { _ in
      Issue.record("the test driver has no jobs to tell of")
    }
    #expect(try domain.isActive())
  }
}
