import Foundation
import TestSupport
import Testing

@testable import NBDServer

@Suite("Requests, byte for byte")
struct TransmissionTests {
  let disk = MemoryExport("vda", size: 8192)

  /// A client in transmission, and its server.
  func transmission(structured: Bool = false, _ export: MemoryExport? = nil) throws -> (RawServer, RawClient)
  {
    let server = try RawServer(export ?? disk)
    let client = try server.connect()
    try client.go((export ?? disk).name, structured: structured)
    return (server, client)
  }

  @Test("what is written is read back, in simple replies and in structured ones", arguments: [false, true])
  func writeAndRead(structured: Bool) throws {
    let (_, client) = try transmission(structured: structured)
    let bytes = TestDisk.random(size: 1000).bytes
    client.request(1, cookie: 99, offset: 5000, length: 1000, bytes)
    #expect(try client.simpleReply(cookie: 99) == 0)
    client.request(0, offset: 5000, length: 1000)
    if structured {
      #expect(try client.chunk() == .init(flags: 1, kind: 1, content: be(UInt64(5000)) + bytes))
    } else {
      #expect(try client.simpleReply() == 0)
      #expect(try client.read(1000) == bytes)
    }
    #expect(disk.now.writes == [5000..<6000])
  }

  @Test("zero-length requests do nothing and succeed; a block status of nothing is invalid")
  func zeroLength() throws {
    let (_, client) = try transmission(structured: true)
    for command: UInt16 in [1, 4, 6] {
      client.request(command, offset: 8192, length: 0)
      #expect(try client.simpleReply() == 0)
    }
    client.request(0, offset: 10, length: 0)
    #expect(try client.chunk() == .init(flags: 1, kind: 0, content: []))
    client.request(7, offset: 10, length: 0)
    #expect(try client.refusal().code == 22)
    #expect(disk.now.writes.isEmpty)
    #expect(disk.now.zeros.isEmpty)
  }

  @Test("FLUSH, FUA, TRIM and WRITE_ZEROES with their flags reach the export")
  func changes() throws {
    let (_, client) = try transmission()
    client.request(3)
    client.request(1, flags: 1, offset: 1, length: 2, [7, 8])
    client.request(4, offset: 100, length: 50)
    client.request(6, flags: 2, offset: 200, length: 1)
    client.request(6, flags: 1 | 2 | 16, offset: 300, length: 4000)
    for _ in 0..<5 { #expect(try client.simpleReply() == 0) }
    let now = disk.now
    #expect(now.flushes == 3)
    #expect(now.trims == [100..<150])
    #expect(now.zeros == [200..<201, 300..<4300])
  }

  @Test("block status tells data and holes, one extent to who wants one")
  func blockStatus() throws {
    disk.fill((0..<8192).map { UInt8($0 / 1024 % 2 == 0 ? 1 : 0) })
    let (_, client) = try transmission(structured: true)
    client.request(7, offset: 512, length: 2048)
    let words: [UInt32] = [1, 512, 0, 1024, 3, 512, 0]
    #expect(try client.chunk() == .init(flags: 1, kind: 5, content: words.flatMap { be($0) }))
    client.request(7, flags: 8, offset: 512, length: 2048)
    #expect(try client.chunk().content == [1, 512, 0].flatMap { be(UInt32($0)) })
  }

  @Test("requests past the end are refused: no space for what writes, invalid for what reads")
  func pastTheEnd() throws {
    let (_, client) = try transmission(structured: true)
    for (command, code): (UInt16, UInt32) in [(0, 22), (1, 28), (4, 28), (6, 28), (7, 22)] {
      for offset: UInt64 in [8191, 8192, UInt64.max, UInt64.max - 1] {
        client.request(command, offset: offset, length: 2, command == 1 ? [1, 2] : [])
        let refusal = try client.refusal()
        #expect(refusal.code == code)
        #expect(
          refusal.message == "2 bytes at byte \(offset) lie outside of 'vda', which has 8192 bytes")
      }
    }
    #expect(disk.now.writes.isEmpty)
  }

  @Test("a write above 32 MiB is refused after its bytes were skipped; so is a read")
  func oversized() throws {
    let (_, client) = try transmission(structured: true)
    client.request(1, offset: 0, length: (32 << 20) + 1, [UInt8](repeating: 1, count: (32 << 20) + 1))
    #expect(try client.refusal().message.hasPrefix("a request of 33554433 bytes is too large"))
    client.request(0, offset: 0, length: .max)
    #expect(try client.refusal().code == 22)
    client.request(3)
    #expect(try client.simpleReply() == 0)
  }

  @Test("a request of exactly 32 MiB is served")
  func largest() throws {
    let export = MemoryExport("big", size: 32 << 20)
    let (_, client) = try transmission(export)
    let bytes = [UInt8](repeating: 0xA5, count: 32 << 20)
    client.request(1, offset: 0, length: 32 << 20, bytes)
    #expect(try client.simpleReply() == 0)
    client.request(0, offset: 0, length: 32 << 20)
    #expect(try client.simpleReply() == 0)
    let isSame = try client.read(32 << 20) == bytes
    #expect(isSame)
  }

  private func transmission(_ export: MemoryExport) throws -> (RawServer, RawClient) {
    try transmission(structured: false, export)
  }

  @Test("unknown commands and flags that a command does not take are invalid; a write's bytes are skipped")
  func unknown() throws {
    let (_, client) = try transmission(structured: true)
    for command: UInt16 in [5, 8, 9, 0xFFFF] {
      client.request(command, offset: 1, length: 1)
      #expect(try client.refusal().message == "this server does not know command \(command)")
    }
    client.request(1, flags: 2, offset: 0, length: 3, [1, 2, 3])
    #expect(try client.refusal().message == "command 1 does not take the flags 2")
    for (command, flags): (UInt16, UInt16) in [(0, 8), (3, 2), (4, 16), (6, 4), (7, 4)] {
      client.request(command, flags: flags, offset: 0, length: command == 3 ? 0 : 1)
      #expect(try client.refusal().code == 22)
    }
    client.request(3, offset: 1, length: 1)
    #expect(try client.refusal().code == 22)
    #expect(disk.now.writes.isEmpty)
  }

  @Test("an export's refusal comes back as its number, and as its sentence where that can be sent")
  func failures() throws {
    disk.fail(NBDRequestError(.inputOutput, "the sky has fallen"))
    let (server, plain) = try transmission()
    plain.request(1, offset: 0, length: 1, [1])
    #expect(try plain.simpleReply() == 5)
    plain.request(0, offset: 0, length: 1)
    #expect(try plain.simpleReply() == 5)
    let structured = try server.connect()
    try structured.go("vda", structured: true)
    for command: UInt16 in [0, 1, 3, 4, 6, 7] {
      structured.request(
        command, offset: 0, length: command == 3 ? 0 : 1, command == 1 ? [1] : [])
      let refusal = try structured.refusal()
      #expect(refusal.code == 5)
      #expect(refusal.message == "the sky has fallen")
    }
  }

  @Test("a read-only export refuses every change as not permitted, and is read from")
  func readOnly() throws {
    let export = MemoryExport("ro", size: 4096, isReadOnly: true)
    let (_, client) = try transmission(structured: true, export)
    for command: UInt16 in [1, 4, 6] {
      client.request(command, offset: 0, length: 1, command == 1 ? [1] : [])
      let refusal = try client.refusal()
      #expect(refusal.code == 1)
      #expect(refusal.message == "'ro' is read-only")
    }
    client.request(0, offset: 0, length: 2)
    #expect(try client.chunk().content == be(UInt64(0)) + [0, 0])
  }

  @Test("many requests sent at once are answered in their order")
  func pipelined() throws {
    let (_, client) = try transmission()
    for cookie in 0..<500 as Range<UInt64> {
      client.request(
        1, cookie: cookie, offset: cookie * 16, length: 16, [UInt8](repeating: UInt8(cookie % 251), count: 16)
      )
    }
    for cookie in 0..<500 as Range<UInt64> { #expect(try client.simpleReply(cookie: cookie) == 0) }
    #expect(disk.now.writes.count == 500)
  }
}
