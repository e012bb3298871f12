import Glibc
import Synchronization
import Testing

@testable import Operations

@Suite("The watch over a backup's scratch files")
struct ScratchWatchTests {
  private static let reserve = ScratchWatch.reserve

  @Test("ends a backup at the reserve, and earlier where the file system fills up fast")
  func pace() {
    func isShort(_ free: UInt64, formerly: UInt64) -> Bool { ScratchWatch.isShort(free, formerly: formerly) }
    #expect(!isShort(Self.reserve, formerly: Self.reserve))
    #expect(isShort(Self.reserve - 1, formerly: Self.reserve - 1))
    // 100 MiB since the last look: after two more it would be too late.
    let free = Self.reserve + (150 << 20)
    #expect(isShort(free, formerly: free + (100 << 20)))
    #expect(!isShort(free, formerly: free + (70 << 20)))
    // Somebody has made room, or nothing is known of before.
    #expect(!isShort(free, formerly: free - (1 << 20)))
    #expect(!isShort(free, formerly: .max))
    // A file system may take much at once, and has it left then.
    #expect(!isShort(2 << 30, formerly: 1 << 50))
    #expect(isShort(1 << 30, formerly: 1 << 50))
  }

  @Test("a directory with less than the reserve is refused by name, one that tells nothing is let be")
  func room() throws {
    try ScratchWatch.requireRoom(in: ["/no/such/directory", "/proc"])
    try ScratchWatch.requireRoom(in: ["/x"]) { _ in Self.reserve }
    let refusal = GuestArchiveError.scratchTooSmall(directory: "/y", free: 3 << 20, needed: Self.reserve)
    #expect(throws: refusal) {
      try ScratchWatch.requireRoom(in: ["/x", "/y"]) { $0 == "/y" ? 3 << 20 : .max }
    }
    #expect("\(refusal)".contains("only 3 MiB are free") && "\(refusal)".contains("64 MiB are the least"))
  }

  @Test("ends the backup until it has ended, knows why before it does, and says so ever after")
  func strikes() throws {
    let ends = Atomic<Int>(0)
    let looks = Atomic<Int>(0)
    let free: @Sendable (String) -> UInt64? = { _ in
      // The second look after the first two finds the file system full.
      looks.wrappingAdd(1, ordering: .relaxed).newValue < 3 ? Self.reserve : 5 << 20
    }
    let known = Mutex<GuestArchiveError?>(nil)
    let holder = Mutex<ScratchWatch?>(nil)
    let end: @Sendable () -> Bool = {
      do throws(GuestArchiveError) {
        try holder.withLock { $0 }?.check()
      } catch {
        known.withLock { $0 = error }
      }
      // libvirt may not be able to at first.
      return ends.wrappingAdd(1, ordering: .relaxed).newValue == 2
    }
    let watch = ScratchWatch(of: ["/x"], freeBytes: free, endBackup: end)
    holder.withLock { $0 = watch }
    try watch.check()
    try watch.start()
    while ends.load(ordering: .relaxed) < 2 { usleep(1000) }
    watch.stop()
    holder.withLock { $0 = nil }
    let failure = GuestArchiveError.scratchFull(directory: "/x", free: 5 << 20)
    #expect(known.withLock { $0 } == failure)
    #expect(throws: failure) { try watch.check() }
    #expect(ends.load(ordering: .relaxed) == 2)
  }

  @Test("that is stopped ends nothing")
  func stopped() throws {
    let end: @Sendable () -> Bool = {
      Issue.record("the backup was ended")
      return true
    }
    let watch = ScratchWatch(of: ["/x"], freeBytes: { _ in nil }, endBackup: end)
    try watch.start()
    watch.stop()
    try watch.check()
  }
}
