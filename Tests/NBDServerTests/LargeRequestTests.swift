import Synchronization
import TestSupport
import Testing

@testable import NBDServer

/// 4 MiB, of which the last cannot be read or written; or, later, nothing can be read any more.
private final class FaultyExport: NBDExport {
  let name = "faulty"
  let size: UInt64 = 4 << 20
  let isReadOnly = false
  private let readsLeft: Mutex<Int>

  init(readsLeft: Int = .max) { self.readsLeft = Mutex(readsLeft) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    let isExhausted = readsLeft.withLock { left in
      left -= 1
      return left < 0
    }
    guard !isExhausted else { throw NBDRequestError(.inputOutput, "it has had enough") }
    try check(offset, buffer.count)
    buffer.initializeMemory(as: UInt8.self, repeating: UInt8(offset >> 20) + 1)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(NBDRequestError) {
    try check(offset, bytes.count)
  }

  private func check(_ offset: UInt64, _ count: Int) throws(NBDRequestError) {
    guard offset + UInt64(count) <= 3 << 20 else { throw NBDRequestError(.inputOutput, "the end is bad") }
  }
}

@Suite("Requests above 1 MiB, which are served in pieces")
struct LargeRequestTests {
  private let mebibyte = 1 << 20

  private func client(
    _ export: any NBDExport, structured: Bool
  ) throws -> (server: RawServer, client: RawClient) {
    let server = try RawServer(export)
    let client = try server.connect()
    try client.go(export.name, structured: structured)
    return (server, client)
  }

  @Test("pieces end at multiples of 1 MiB, and what is not longer than that is left whole")
  func cutting() {
    let size = UInt64(mebibyte)
    #expect(Request.pieces(of: 5..<5) == [])
    #expect(Request.pieces(of: size - 1..<2 * size - 1) == [size - 1..<2 * size - 1])
    #expect(
      Request.pieces(of: size - 1..<3 * size + 1)
        == [size - 1..<size, size..<2 * size, 2 * size..<3 * size, 3 * size..<3 * size + 1])
    #expect(Request.pieces(of: size..<3 * size) == [size..<2 * size, 2 * size..<3 * size])
  }

  @Test("a write comes to the export in pieces and is answered once; with FUA it is flushed once")
  func writing() throws {
    let disk = MemoryExport("vda", size: 4 * mebibyte)
    let (_, client) = try client(disk, structured: false)
    let bytes = TestDisk.random(size: 2 * mebibyte + 7).bytes
    client.request(1, flags: 1, offset: UInt64(mebibyte) / 2, length: UInt32(bytes.count), bytes)
    #expect(try client.simpleReply() == 0)
    let now = disk.now
    let half = UInt64(mebibyte) / 2
    #expect(now.writes == [half..<2 * half, 2 * half..<4 * half, 4 * half..<5 * half + 7])
    let isSame = Array(now.bytes[Int(half)..<Int(half) + bytes.count]) == bytes
    #expect(isSame)
    #expect(now.flushes == 1)
  }

  @Test(
    "a write that fails in one of its pieces is refused when all of it has come", arguments: [false, true])
  func failingWrite(structured: Bool) throws {
    let (_, client) = try client(FaultyExport(), structured: structured)
    let bytes = [UInt8](repeating: 0, count: 3 * mebibyte)
    for _ in 0..<2 {
      client.request(1, offset: UInt64(mebibyte) * 3 / 4, length: UInt32(bytes.count), bytes)
      if structured {
        #expect(try client.refusal() == (5, "the end is bad"))
      } else {
        #expect(try client.simpleReply() == 5)
      }
    }
  }

  @Test("chunks of what could be read come before the error that ends a structured reply")
  func chunks() throws {
    let (_, client) = try client(FaultyExport(), structured: true)
    client.request(0, offset: UInt64(mebibyte), length: UInt32(3 * mebibyte))
    for piece in 1...2 {
      let chunk = try client.chunk()
      #expect(chunk.flags == 0)
      #expect(chunk.kind == 1)
      #expect(Array(chunk.content[..<8]) == be(UInt64(piece * mebibyte)))
      let isRight =
        Array(chunk.content[8...]) == [UInt8](repeating: UInt8(piece) + 1, count: mebibyte)
      #expect(isRight)
    }
    #expect(try client.refusal() == (5, "the end is bad"))
    client.request(0, offset: 0, length: UInt32(2 * mebibyte))
    let first = try client.chunk()
    #expect(first.flags == 0)
    let last = try client.chunk()
    #expect(last.flags == 1)
    #expect(Array(last.content[..<9]) == be(UInt64(mebibyte)) + [2])
  }

  @Test("in one stretch, all is sent or only the error", arguments: [false, true])
  func oneStretch(structured: Bool) throws {
    let (server, client) = try client(FaultyExport(), structured: structured)
    let flags: UInt16 = structured ? 4 : 0
    client.request(0, flags: flags, offset: 5, length: UInt32(3 * mebibyte))
    if structured {
      #expect(try client.refusal() == (5, "the end is bad"))
    } else {
      #expect(try client.simpleReply() == 5)
    }
    client.request(0, flags: flags, offset: UInt64(mebibyte), length: UInt32(2 * mebibyte))
    let bytes: [UInt8]
    if structured {
      let chunk = try client.chunk()
      #expect(chunk.flags == 1)
      #expect(Array(chunk.content[..<8]) == be(UInt64(mebibyte)))
      bytes = Array(chunk.content[8...])
    } else {
      #expect(try client.simpleReply() == 0)
      bytes = try client.read(2 * mebibyte)
    }
    let isRight =
      bytes == [UInt8](repeating: 2, count: mebibyte) + [UInt8](repeating: 3, count: mebibyte)
    #expect(isRight)
    #expect(server.complaints.all == [])
  }

  @Test("what can no longer be read behind the first byte of one stretch ends the connection, and is told")
  func abandoned() throws {
    // Two pieces are read to see whether they can be, and one of them again.
    let (server, client) = try client(FaultyExport(readsLeft: 3), structured: false)
    client.request(0, offset: 0, length: UInt32(2 * mebibyte))
    #expect(try client.simpleReply() == 0)
    #expect(client.readUpTo(2 * mebibyte).count == mebibyte)
    #expect(
      server.complaints.all == ["an NBD client was dropped in the middle of its answer: it has had enough"])
  }
}
