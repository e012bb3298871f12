import DiskIO
import Foundation
import NBDServer
import Synchronization
import SystemPackage
import TestSupport
import Testing
import VMA

@testable import Operations

@Suite("Archives of what clients send")
struct ArchiveReceptionTests {
  private static let cluster = 65536

  @Test("three disks at once, in pieces of any size and order, make the archive")
  func anyOrder() throws {
    // The sizes end in a cluster, in a sector, and in the middle of one.
    let sizes = [20 * Self.cluster, 7 * Self.cluster + 512, 300_001]
    let reception = try ReceptionFixture(sizes[0], sizes[1], sizes[2])
    let disks = sizes.enumerated().map { TestDisk.random(size: $1, seed: UInt64($0) + 1) }
    let failures = Mutex<[String]>([])
    try reception.run {
      let threads = zip(["a", "b", "c"], disks).enumerated().map { seed, pair in
        let (name, bytes) = (pair.0, pair.1.bytes)
        let client = Result { try reception.client(name) }
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          defer { done.signal() }
          do {
            let client = try client.get()
            for piece in pieces(of: bytes.count, seed: seed) {
              try client.write(bytes[piece], at: piece.lowerBound)
            }
            try client.flush()
            try client.close()
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
        return done
      }
      for thread in threads { thread.wait() }
    }
    #expect(failures.withLock { $0 } == [])
    for (name, disk) in zip(["a", "b", "c"], disks) {
      let isSame = try reception.contents(name).prefix(disk.bytes.count) == disk.bytes[...]
      #expect(isSame, "\(name)")
    }
    #expect(try reception.contents("c").count == 300_032)
  }

  /// Ranges that together are `0..<count`, none twice, in a made-up order; some of one byte, some of many clusters.
  private func pieces(of count: Int, seed: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var position = 0
    var state = UInt64(seed + 1) &* 0x9E37_79B9_7F4A_7C15
    while position < count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let length = [1, 511, 4096, 30_000, 65536, 200_000][Int(state >> 33) % 6]
      let end = min(count, position + length)
      pieces.append(position..<end)
      position = end
    }
    return pieces.enumerated().sorted { ($0.offset &* 7919) % 101 < ($1.offset &* 7919) % 101 }.map(\.element)
  }

  @Test("parts of clusters beyond the memory for them wait in a file, and come back")
  func spilling() throws {
    var reception = try ReceptionFixture(64 * Self.cluster)
    reception.request.gatheringMemory = 1
    let disk = TestDisk.random(size: 64 * Self.cluster)
    try reception.run {
      let client = try reception.client("a")
      // All clusters stay open until the last round.
      for start in stride(from: 0, to: Self.cluster, by: 16384) {
        for cluster in 0..<64 {
          let piece = cluster * Self.cluster + start..<cluster * Self.cluster + start + 16384
          try client.write(disk.bytes[piece], at: piece.lowerBound)
        }
        #expect(reception.fixture.entries.allSatisfy { !$0.contains("spill") })
      }
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test("zeros may be written over, in whole and in part, and data over the parts of a cluster that wait")
  func overwriting() throws {
    let reception = try ReceptionFixture(8 * Self.cluster)
    var disk = TestDisk(size: 8 * Self.cluster)
    disk.fill(Self.cluster..<2 * Self.cluster, seed: 1)
    disk.fill(200_000..<200_100, seed: 2)
    disk.fill(5 * Self.cluster..<5 * Self.cluster + 4096, seed: 3)
    try reception.run {
      let client = try reception.client("a")
      try client.zero(8 * Self.cluster, at: 0)
      try client.write([UInt8](repeating: 9, count: 4096), at: 5 * Self.cluster)
      try client.write([UInt8](repeating: 8, count: 100), at: 5 * Self.cluster + 4000)
      try client.zero(100, at: 5 * Self.cluster + 4050)
      try client.write(disk.bytes[5 * Self.cluster..<5 * Self.cluster + 4200], at: 5 * Self.cluster)
      try client.write(disk.bytes[200_000..<200_100], at: 200_000)
      // Zeros that are sent as data count as zeros too.
      try client.write([UInt8](repeating: 0, count: 2 * Self.cluster), at: 0)
      try client.write(disk.bytes[Self.cluster..<2 * Self.cluster], at: Self.cluster)
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test("what is in the archive cannot be written again: the client is told, and the archive fails by name")
  func rewriting() throws {
    let reception = try ReceptionFixture(4 * Self.cluster)
    let data = TestDisk.random(size: 2 * Self.cluster).bytes
    let expected = ArchiveReceptionError.rewritten(drive: "a", offset: 70_000)
    let outcome = Result {
      try reception.run {
        let client = try reception.client("a")
        try client.write(data, at: 0)
        let refusal = #expect(throws: LibNBDClient.Refusal.self) { try client.write([1, 2, 3], at: 70_000) }
        // libnbd keeps the server's sentence to itself.
        #expect(refusal?.errno == EIO)
        #expect(throws: LibNBDClient.Refusal.self) { try client.zero(Self.cluster, at: 3 * Self.cluster) }
        #expect(throws: LibNBDClient.Refusal.self) { try client.flush() }
      }
    }
    #expect(throws: expected) { try outcome.get() }
    #expect("\(expected)".contains("written again at byte 70000, which is in the archive already"))
    #expect(reception.leftNothing)
  }

  @Test("trimming what is in the archive changes nothing; trimming what is not makes it zero")
  func trimming() throws {
    let reception = try ReceptionFixture(6 * Self.cluster)
    var disk = TestDisk(size: 6 * Self.cluster)
    disk.fill(Self.cluster..<2 * Self.cluster)
    disk.fill(5 * Self.cluster + 100..<5 * Self.cluster + 150)
    try reception.run {
      let client = try reception.client("a")
      try client.write(disk.bytes[Self.cluster..<2 * Self.cluster], at: Self.cluster)
      try client.write([7, 8, 9], at: 3 * Self.cluster)
      let part = 5 * Self.cluster + 100..<5 * Self.cluster + 150
      try client.write(disk.bytes[part], at: part.lowerBound)
      // From inside the data to inside the last cluster, and what is left before and behind.
      try client.trim(4 * Self.cluster, at: Self.cluster + 100)
      try client.trim(Self.cluster - 150, at: part.upperBound)
      try client.trim(Self.cluster, at: 0)
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test("what is not in the archive yet is read back; what is there is refused, and harms nothing")
  func reading() throws {
    let reception = try ReceptionFixture(4 * Self.cluster)
    let data = TestDisk.random(size: Self.cluster).bytes
    try reception.run {
      let client = try reception.client("a")
      #expect(try client.read(10, at: 5) == [UInt8](repeating: 0, count: 10))
      try client.write([1, 2, 3], at: 2 * Self.cluster - 1)
      #expect(try client.read(5, at: 2 * Self.cluster - 2) == [0, 1, 2, 3, 0])
      try client.write(data, at: 0)
      let refusal = #expect(throws: LibNBDClient.Refusal.self) { try client.read(1, at: 0) }
      #expect(refusal?.errno == ENOTSUP)
      // Told as data until it is written, so that nobody takes it for zero.
      #expect(try client.extents(4 * Self.cluster, at: 0) == [[UInt32(4 * Self.cluster), 0]])
      try client.zero(2 * Self.cluster, at: 2 * Self.cluster)
      #expect(
        try client.extents(4 * Self.cluster, at: 0) == [
          [UInt32(2 * Self.cluster), 0], [UInt32(2 * Self.cluster), 3],
        ])
      try client.zero(Self.cluster, at: Self.cluster)
      try client.close()
    }
    #expect(try reception.contents("a").count == 4 * Self.cluster)
  }

  @Test("one-byte, empty, oversized and past-the-end requests: what can be is done, the rest refused")
  func oddRequests() throws {
    let reception = try ReceptionFixture(2 * Self.cluster)
    let disk = TestDisk.random(size: 2 * Self.cluster)
    try reception.run {
      let client = try reception.client("a")
      try client.write([], at: 7)
      for index in 0..<300 { try client.write([disk.bytes[index]], at: index) }
      #expect(throws: LibNBDClient.Refusal.self) { try client.write([1, 2], at: 2 * Self.cluster - 1) }
      #expect(throws: LibNBDClient.Refusal.self) { try client.zero(Self.cluster, at: 2 * Self.cluster) }
      let oversized = [UInt8](repeating: 1, count: 33 << 20)
      #expect(throws: LibNBDClient.Refusal.self) { try client.write(oversized, at: 0) }
      try client.write(disk.bytes[300...], at: 300)
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test(
    "a client that dies in the middle of a write has written nothing of it; another one completes the disk")
  func killedClient() throws {
    let reception = try ReceptionFixture(4 * Self.cluster)
    let disk = TestDisk.random(size: 4 * Self.cluster)
    try reception.run {
      let victim = try reception.client("a")
      try victim.write(disk.bytes[..<Self.cluster], at: 0)
      victim.die(writing: [UInt8](repeating: 0xDD, count: 2 * Self.cluster), at: Self.cluster)
      let client = try reception.client("a")
      try client.write(disk.bytes[Self.cluster...], at: Self.cluster)
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test("nbdcopy, qemu-img convert and qemu-io fill an archive")
  func programs() throws {
    let reception = try ReceptionFixture(3 << 20, (2 << 20) + 512, 1 << 20)
    var sparse = TestDisk(size: (2 << 20) + 512)
    sparse.fill(100_000..<100_500, seed: 1)
    sparse.fill(1_000_000..<1_300_000, seed: 2)
    let full = TestDisk.random(size: 3 << 20)
    try full.write(to: reception.fixture.directory.file("source-a"))
    try sparse.write(to: reception.fixture.directory.file("source-b"))
    try require(tool: "nbdcopy")
    try reception.run {
      try run(["nbdcopy", reception.fixture.directory.file("source-a"), reception.uri("a")]).check()
      try run([
        "qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", reception.fixture.directory.file("source-b"),
        reception.uri("b"),
      ]).check()
      try run([
        "qemu-io", "-f", "raw", "-c", "write -P 1 1 1", "-c", "write -P 2 2 1048574", "-c", "write -P 3 0 1",
        "-c", "flush", reception.uri("c"),
      ]).check()
    }
    let isSame = try reception.contents("a") == full.bytes && reception.contents("b") == sparse.bytes
    #expect(isSame)
    #expect(try reception.contents("c").prefix(4) == [3, 1, 2, 2])
  }

  @Test("a disk that is not whole fails the archive by name, with the first byte that is missing")
  func incomplete() throws {
    var reception = try ReceptionFixture(4 * Self.cluster)
    reception.request.ending = .lastDisconnection
    let expected = ArchiveReceptionError.incomplete(drive: "a", first: 65_636, clusters: 3, of: 4)
    #expect("\(expected)".contains("the first byte that was never written is 65636"))
    #expect(throws: expected) {
      try reception.run {
        let client = try reception.client("a")
        try client.zero(Self.cluster, at: 0)
        try client.write([UInt8](repeating: 1, count: 100), at: Self.cluster)
        try client.close()
      }
    }
    #expect(reception.leftNothing)
  }

  @Test("with unwritten taken for zero, a disk that is written in part is whole")
  func targetIsZero() throws {
    var reception = try ReceptionFixture(4 * Self.cluster)
    reception.request.ending = .lastDisconnection
    reception.request.treatsUnwrittenAsZero = true
    var disk = TestDisk(size: 4 * Self.cluster)
    disk.fill(100_000..<100_100)
    try reception.run {
      let client = try reception.client("a")
      #expect(try client.extents(4 * Self.cluster, at: 0) == [[UInt32(4 * Self.cluster), 3]])
      try client.write(disk.bytes[100_000..<100_100], at: 100_000)
      try client.close()
    }
    let isSame = try reception.contents("a") == disk.bytes
    #expect(isSame)
  }

  @Test("a drive that nobody connected to fails the archive by name")
  func notConnected() throws {
    var reception = try ReceptionFixture(Self.cluster, Self.cluster)
    reception.request.ending = .lastDisconnection
    #expect(throws: ArchiveReceptionError.notConnected(drive: "b")) {
      try reception.run {
        // Who only looks does not end the work.
        try run(["nbdinfo", reception.uri("a")]).check()
        let client = try reception.client("a")
        try client.zero(Self.cluster, at: 0)
        try client.close()
      }
    }
    #expect(reception.leftNothing)
  }

  @Test("when nothing arrives for too long, the archive fails with what was awaited")
  func timeout() throws {
    var reception = try ReceptionFixture(Self.cluster)
    reception.request.timeout = 1
    #expect(
      throws: ArchiveReceptionError.timeout(seconds: 1, missing: "nobody has connected to drive 'a'")
    ) { try reception.run {} }
    #expect(reception.leftNothing)
  }

  @Test("a cancellation leaves nothing")
  func cancelled() throws {
    let reception = try ReceptionFixture(4 * Self.cluster)
    #expect(throws: CancelledError()) {
      try reception.run {
        let client = try reception.client("a")
        try client.write([1, 2, 3], at: 0)
        reception.fixture.cancellation.cancel()
      }
    }
    #expect(reception.leftNothing)
  }

  @Test("an output that is full is told to the client and ends the work")
  func fullOutput() throws {
    let reception = try ReceptionFixture(1024 * Self.cluster)
    let data = TestDisk.random(size: 16 * Self.cluster).bytes
    let outcome = Result {
      try reception.run(to: .output(SmallOutput(limit: 2 << 20), name: "small")) {
        let client = try reception.client("a")
        let refusal = #expect(throws: LibNBDClient.Refusal.self) {
          for index in 0..<64 { try client.write(data, at: index * data.count) }
        }
        #expect(refusal?.errno == ENOSPC)
      }
    }
    #expect(throws: ArchiveOperationError.self) { try outcome.get() }
    #expect(reception.leftNothing)
  }

  @Test(
    "where failures are hidden a client of a full output runs into no error, and the work ends all the same")
  func hiddenFailure() throws {
    var reception = try ReceptionFixture(1024 * Self.cluster)
    reception.request.hidesFailures = true
    let data = TestDisk.random(size: 16 * Self.cluster).bytes
    let outcome = Result {
      try reception.run(to: .output(SmallOutput(limit: 2 << 20), name: "small")) {
        let client = try reception.client("a")
        for index in 0..<64 { try client.write(data, at: index * data.count) }
        try client.zero(Self.cluster, at: 0)
        try client.flush()
        // Its own mistakes are told as before.
        #expect(throws: LibNBDClient.Refusal.self) { try client.write(data, at: 1024 * Self.cluster) }
        try client.close()
      }
    }
    #expect(throws: ArchiveOperationError.self) { try outcome.get() }
    #expect(reception.leftNothing)
  }

  @Test("an archive that exists is refused before anybody is told to come, and stays")
  func exists() throws {
    let reception = try ReceptionFixture(Self.cluster)
    try reception.fixture.directory.write(text: "precious", to: "test.vma")
    var isReady = false
    let outcome = Result { try reception.run { isReady = true } }
    #expect(throws: DiskIOError.exists(path: reception.path)) { try outcome.get() }
    #expect(!isReady)
    #expect(reception.fixture.entries == ["test.vma"])
  }

  @Test("drives without a name of their own or without bytes, and nothing at all, are refused")
  func requests() throws {
    var twins = try ReceptionFixture(Self.cluster, Self.cluster)
    twins.request.drives[1] = twins.request.drives[0]
    #expect(throws: ArchiveReceptionError.duplicateDrive("a")) { try twins.run {} }
    var memory = try ReceptionFixture(Self.cluster)
    memory.request.drives[0] = .init(name: "vmstate", size: 512, address: memory.request.drives[0].address)
    #expect(throws: ArchiveReceptionError.reservedName("vmstate")) { try memory.run {} }
    let empty = try ReceptionFixture(0)
    #expect(throws: ArchiveReceptionError.emptyDrive("a")) { try empty.run {} }
    let nothing = try ReceptionFixture()
    #expect(throws: ArchiveReceptionError.nothingToReceive) { try nothing.run {} }
    var huge = try ReceptionFixture(1)
    huge.request.drives[0] = .init(name: "a", size: .max, address: huge.request.drives[0].address)
    #expect(throws: ArchiveOperationError.self) { try huge.run {} }
  }
}

/// An output with room for so many bytes.
private final class SmallOutput: ArchiveOutput {
  private let left: Mutex<Int>

  init(limit: Int) { left = Mutex(limit) }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    let count = bytes.count
    try left.withLock { left in
      guard left >= count else { throw Errno.noSpace }
      left -= count
    }
  }

  func flush() throws {}
}
