import Foundation
import TestSupport
import Testing

@testable import NBDServer

@Suite("Clients that stand still")
struct StalledClientTests {
  private static let size = 32 << 20

  @Test("however many stand still in the middle of large requests, the next one is served")
  func holdingUpNobody() throws {
    let server = try RawServer(MemoryExport("vda", size: Self.size))
    var stalled: [RawClient] = []
    for _ in 0..<4 {
      let writer = try server.connect()
      try writer.go("vda")
      // More than the socket takes, so that the server is at it when this returns.
      let beginning = [UInt8](repeating: 1, count: 3 << 20)
      writer.request(1, offset: 0, length: UInt32(Self.size), beginning)
      stalled.append(writer)
      for isStructured in [false, true] {
        let reader = try server.connect()
        try reader.go("vda", structured: isStructured)
        reader.request(0, flags: isStructured ? 4 : 0, offset: 0, length: UInt32(Self.size))
        _ = try reader.read(16)
        stalled.append(reader)
      }
    }
    let client = try server.connect()
    try client.go("vda")
    let bytes = TestDisk.random(size: 4 << 20).bytes
    client.request(1, offset: 8 << 20, length: 4 << 20, bytes)
    #expect(try client.simpleReply() == 0)
    client.request(0, offset: 8 << 20, length: 4 << 20)
    #expect(try client.simpleReply() == 0)
    let isSame = try client.read(4 << 20) == bytes
    #expect(isSame)
    #expect(stalled.count == 12)
  }

  private static let halfHandshakes: [[UInt8]] = {
    let flags = be(UInt32(3))
    let option = be(UInt64(0x4948_4156_454F_5054)) + be(UInt32(7)) + be(UInt32(100))
    return [[], flags, flags + [0x49, 0x48], flags + option + [0]]
  }()

  @Test("who does not go on with the handshake is dropped, and told of", arguments: halfHandshakes)
  func handshake(beginning: [UInt8]) throws {
    let server = try RawServer(
      MemoryExport("vda", size: 8192), limits: .init(handshake: .milliseconds(20)))
    let client = try server.greeted()
    client.send(beginning)
    _ = client.readUpTo(18)
    #expect(client.isClosed)
    #expect(
      server.complaints.all == ["an NBD client was dropped: for 0.02 seconds it sent nothing of what was due"]
    )
  }

  private static let halfRequests: [[UInt8]] = {
    let magic = be(UInt32(0x2560_9513))
    let write = magic + be(UInt32(1)) + be(UInt64(7)) + be(UInt64(0)) + be(UInt32(64))
    // It is refused, and has its bytes all the same.
    let outside = magic + be(UInt32(1)) + be(UInt64(7)) + be(UInt64.max) + be(UInt32(64))
    return [[0x25], magic + [0], write, write + [1], outside + [1]]
  }()

  @Test(
    "who does not go on with a request is dropped, and told of; who has none under way is not",
    arguments: halfRequests)
  func request(beginning: [UInt8]) throws {
    let disk = MemoryExport("vda", size: 8192)
    let server = try RawServer(disk, limits: .init(request: .milliseconds(20)))
    let idle = try server.connect()
    try idle.go("vda")
    for _ in 0..<3 {
      let client = try server.connect()
      try client.go("vda")
      client.send(beginning)
      #expect(client.isClosed)
    }
    let complaint = "an NBD client was dropped: for 0.02 seconds it sent nothing of what was due"
    #expect(server.complaints.all == [complaint, complaint, complaint])
    #expect(disk.now.writes.isEmpty)
    // It has been idle for longer than each of those had.
    idle.request(3)
    #expect(try idle.simpleReply() == 0)
  }

  @Test("who does not take its answer is dropped, and told of")
  func answer() throws {
    let disk = MemoryExport("vda", size: 8 << 20)
    let server = try RawServer(disk, limits: .init(request: .milliseconds(20)))
    for isStructured in [false, true] {
      let client = try server.connect()
      try client.go("vda", structured: isStructured)
      client.request(0, offset: 0, length: 8 << 20)
      client.stopSending()
      for _ in 0..<6000 where disk.now.detached < (isStructured ? 2 : 1) { usleep(10_000) }
      #expect(client.readUpTo(16 << 20).count < 8 << 20)
    }
    let complaint = "an NBD client was dropped: for 0.02 seconds it took nothing of what it was sent"
    #expect(server.complaints.all == [complaint, complaint])
  }
}
