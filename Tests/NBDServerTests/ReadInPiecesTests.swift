import TestSupport
import Testing

@testable import NBDServer

/// An export of 4 pieces: 1000 bytes, a hole of 700000, 1000 bytes, a hole of 3000.
private final class PiecedExport: NBDExport, @unchecked Sendable {
  let name = "pieces"
  let size: UInt64 = 705_000
  let isReadOnly = true
  let bytes: [UInt8]
  private let memory: UnsafeMutableRawBufferPointer

  init() {
    bytes = TestDisk.random(size: 2000).bytes
    memory = .allocate(byteCount: 2000, alignment: 16)
    memory.copyBytes(from: bytes)
  }

  deinit { memory.deallocate() }

  func pieces(
    of range: Range<UInt64>, room: () -> UnsafeMutableRawBufferPointer
  ) throws(NBDRequestError) -> [NBDPiece] {
    guard range == 0..<size else { throw NBDRequestError(.inputOutput, "all or nothing") }
    let bytes = UnsafeRawBufferPointer(memory)
    return [
      .data(UnsafeRawBufferPointer(rebasing: bytes[..<1000]), owner: self), .hole(700_000),
      .data(UnsafeRawBufferPointer(rebasing: bytes[1000...]), owner: self), .hole(3000),
    ]
  }

  /// What a client that knows no holes gets.
  var flat: [UInt8] {
    Array(bytes[..<1000]) + [UInt8](repeating: 0, count: 700_000) + Array(bytes[1000...])
      + [UInt8](repeating: 0, count: 3000)
  }
}

@Suite("Reads that an export answers in pieces")
struct ReadInPiecesTests {
  private let export = PiecedExport()

  private func client(structured: Bool) throws -> (RawServer, RawClient) {
    let server = try RawServer(export)
    let client = try server.connect()
    try client.go("pieces", structured: structured)
    return (server, client)
  }

  @Test("a structured reply has a chunk for each piece, holes without their zeros, and the last says so")
  func chunks() throws {
    let (_, client) = try client(structured: true)
    client.request(0, offset: 0, length: 705_000)
    #expect(try client.chunk() == .init(flags: 0, kind: 1, content: be(UInt64(0)) + export.bytes[..<1000]))
    #expect(try client.chunk() == .init(flags: 0, kind: 2, content: be(UInt64(1000)) + be(UInt32(700_000))))
    #expect(
      try client.chunk() == .init(flags: 0, kind: 1, content: be(UInt64(701_000)) + export.bytes[1000...]))
    #expect(try client.chunk() == .init(flags: 1, kind: 2, content: be(UInt64(702_000)) + be(UInt32(3000))))
  }

  @Test("with DF all comes in one chunk")
  func unfragmented() throws {
    let (_, client) = try client(structured: true)
    client.request(0, flags: 4, offset: 0, length: 705_000)
    let chunk = try client.chunk()
    #expect(chunk.flags == 1)
    #expect(chunk.kind == 1)
    #expect(chunk.content == be(UInt64(0)) + export.flat)
  }

  @Test("a simple reply has the bytes one behind the other, and a refusal none of them")
  func simple() throws {
    let (_, client) = try client(structured: false)
    client.request(0, offset: 0, length: 705_000)
    #expect(try client.simpleReply() == 0)
    #expect(try client.read(705_000) == export.flat)
    client.request(0, offset: 1, length: 2)
    #expect(try client.simpleReply() == 5)
  }
}
