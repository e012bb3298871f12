import Foundation
import Testing

@testable import Locking

@Suite("A lock whose waiters sleep")
struct SleepingLockTests {
  @Test("lets one thread at a time have the value")
  func exclusion() {
    let lock = SleepingLock(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<10_000 { lock.withLock { $0 += 1 } }
    }
    let sum = lock.withLock { $0 }
    #expect(sum == 80_000)
  }

  @Test("is free again when its holder throws, and not to be had while somebody has it")
  func availability() {
    struct Failure: Error {}
    let lock = SleepingLock(1)
    #expect(throws: Failure.self) { try lock.withLock { (_) throws(Failure) in throw Failure() } }
    lock.withLock { _ in
      #expect(lock.withLockIfAvailable { $0 } == nil)
    }
    #expect(lock.withLockIfAvailable { $0 } == 1)
  }
}
