import Foundation
import TestSupport
import Testing

@testable import NBDServer

/// An option without its data.
private func optionHead(_ option: UInt32, length: UInt32) -> [UInt8] {
  be(UInt64(0x4948_4156_454F_5054)) + be(option) + be(length)
}

@Suite("Clients that break the protocol or die")
struct HostileClientTests {
  let disk = MemoryExport("vda", size: 8192)

  /// The server serves the next client, whatever the one before did.
  func expectAlive(_ server: RawServer) throws {
    let client = try server.connect()
    try client.go("vda")
    client.request(3)
    #expect(try client.simpleReply() == 0)
  }

  private static let brokenHandshakes: [([UInt8], String)] = {
    let flags = be(UInt32(3))
    let nonsense = [UInt8](repeating: 0x41, count: 16)
    return [
      (be(UInt32(4)), "it sent handshake flags that do not exist (4)"),
      (flags + nonsense, "what it sent where an option begins is none"),
      (flags + optionHead(7, length: .max), "it announced 4294967295 bytes for option 7"),
      (flags + optionHead(1, length: 65537), "it announced 65537 bytes for option 1"),
      (flags + optionHead(1, length: 1) + [1], "it asked for an export that is not there"),
    ]
  }()

  @Test("nonsense in the handshake ends the connection and is told", arguments: brokenHandshakes)
  func handshake(bytes: [UInt8], complaint: String) throws {
    let server = try RawServer(disk)
    let client = try server.connect()
    client.send(bytes)
    #expect(client.isClosed)
    #expect(server.complaints.all == ["an NBD client broke the protocol: \(complaint)"])
    try expectAlive(server)
  }

  @Test("nonsense where a request begins ends the connection and is told")
  func request() throws {
    let server = try RawServer(disk)
    let client = try server.connect()
    try client.go("vda")
    client.send([UInt8](repeating: 0x42, count: 28))
    #expect(client.isClosed)
    #expect(
      server.complaints.all == [
        "an NBD client broke the protocol: what it sent where a request begins is none"
      ])
    #expect(disk.now.detached == 1)
    try expectAlive(server)
  }

  @Test("a client that dies anywhere in a conversation harms nobody, and half a write is none")
  func deaths() throws {
    let server = try RawServer(disk)
    let options = be(UInt32(3)) + optionHead(8, length: 0)
    let go = optionHead(7, length: 9) + named("vda") + be(UInt16(0))
    let payload = [UInt8](repeating: 7, count: 64)
    let head = be(UInt32(0x2560_9513)) + be(UInt32(1))
    let write = head + be(UInt64(1)) + be(UInt64(0)) + be(UInt32(64)) + payload
    let conversation = options + go + write
    for length in 0..<conversation.count {
      let client = try server.connect()
      client.send(Array(conversation[..<length]))
      client.stopSending()
      _ = client.readUpTo(1 << 20)
    }
    let now = disk.now
    #expect(now.writes.isEmpty)
    #expect(now.attached == now.detached)
    #expect(now.attached == write.count)
    try expectAlive(server)
  }

  @Test("random bytes in place of options and requests never stop the server")
  func randomBytes() throws {
    let server = try RawServer(disk)
    for seed in 1...150 as ClosedRange<UInt64> {
      let client = try server.connect()
      let noise = TestDisk.random(size: 200, seed: seed).bytes
      switch seed % 3 {
      case 0: client.send(be(UInt32(3)) + noise)
      case 1:
        client.send(be(UInt32(3)))
        // Real magic, so that the fields behind it are looked at; the length fits what follows.
        for start in stride(from: 0, to: 200, by: 20) {
          client.option(UInt32(noise[start] % 13), Array(noise[start..<start + Int(noise[start + 1] % 20)]))
        }
      default:
        try client.go("vda", structured: seed % 2 == 0)
        for start in stride(from: 0, to: 180, by: 18) {
          let payload =
            noise[start + 17] % 10 == 1 ? UInt32(noise[start + 16]) : UInt32(noise[start + 16]) << 24
          client.request(
            UInt16(noise[start + 17] % 10), flags: UInt16(noise[start] % 32),
            offset: number(noise[start..<start + 8][...]),
            length: payload, noise[start + 17] % 10 == 1 ? [UInt8](repeating: 1, count: Int(payload)) : [])
        }
      }
      client.stopSending()
      _ = client.readUpTo(1 << 20)
    }
    try expectAlive(server)
  }

  @Test("one connection too many is closed, and there is room again when one has gone")
  func tooMany() throws {
    let server = try RawServer(disk)
    var clients = try (0..<NBDServer.maximumConnections).map { _ in try server.connect() }
    let extra = try server.greeted()
    #expect(extra.isClosed)
    clients[0].send(be(UInt32(3)))
    _ = try clients[0].replies(2)
    #expect(clients[0].isClosed)
    clients.removeFirst()
    // The place is free when the server has seen to the end; the handshake may come a moment before that.
    for _ in 0..<1000 {
      if try server.greeted().readUpTo(18).count == 18 { return }
      usleep(10_000)
    }
    Issue.record("no place became free")
  }

  @Test("stopping answers the request that is being served and ends every connection")
  func stopping() throws {
    let server = try RawServer(disk)
    let idle = try server.connect()
    let busy = try server.connect()
    try busy.go("vda")
    busy.request(3)
    #expect(try busy.simpleReply() == 0)
    server.server.stop()
    #expect(idle.isClosed)
    #expect(busy.isClosed)
    #expect(disk.now.detached == 1)
    let late = try server.greeted()
    #expect(late.isClosed)
  }

  @Test("a client that never reads its answers cannot keep the server from stopping")
  func neverReads() throws {
    let export = MemoryExport("vda", size: 4 << 20)
    let server = try RawServer(export)
    let client = try server.connect()
    try client.go("vda")
    for _ in 0..<8 { client.request(0, offset: 0, length: 4 << 20) }
    server.server.stop()
    #expect(export.now.detached == 1)
  }
}
