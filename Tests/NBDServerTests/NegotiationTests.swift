import Foundation
import TestSupport
import Testing

@testable import NBDServer

@Suite("The handshake, byte for byte")
struct NegotiationTests {
  let disk = MemoryExport("vda", size: 65536, summary: "the first disk")
  let other = MemoryExport("vdb", size: 4096, isReadOnly: true)

  @Test("the server greets with fixed newstyle and no zeroes")
  func greeting() throws {
    let server = try RawServer(disk)
    let client = try server.greeted()
    #expect(try client.read(18) == Array("NBDMAGICIHAVEOPT".utf8) + [0, 3])
  }

  @Test("LIST names every export with its summary")
  func list() throws {
    let client = try RawServer(disk, other).connect()
    client.send(be(UInt32(3)))
    let replies = try client.replies(3)
    #expect(
      replies == [
        .init(option: 3, kind: 2, data: named("vda") + Array("the first disk".utf8)),
        .init(option: 3, kind: 2, data: named("vdb")), .init(option: 3, kind: 1, data: []),
      ])
    #expect(try client.replies(3, [1]).map(\.kind) == [1 << 31 + 3])
  }

  @Test("INFO and GO tell size, flags and block sizes, and the name and the summary to who asks for them")
  func info() throws {
    let server = try RawServer(disk, other)
    let client = try server.connect()
    client.send(be(UInt32(3)))
    let sizes = be(UInt16(3)) + be(UInt32(1)) + be(UInt32(65536)) + be(UInt32(32 << 20))
    // flags: has flags 1, flush 4, FUA 8, trim 32, write zeroes 64, multi-conn 256, fast zero 2048
    let facts = be(UInt16(0)) + be(UInt64(65536)) + be(UInt16(2413))
    let asked = try client.replies(
      6, named("vda") + be(UInt16(3)) + be(UInt16(1)) + be(UInt16(2)) + be(UInt16(3)))
    #expect(
      asked.map(\.data) == [
        facts, be(UInt16(1)) + Array("vda".utf8), be(UInt16(2)) + Array("the first disk".utf8), sizes, [],
      ])
    #expect(asked.map(\.kind) == [3, 3, 3, 3, 1])
    #expect(disk.now.attached == 0)
    // read-only 2, and no FUA, trim or zeroes; DF 128 with structured replies
    _ = try client.replies(8)
    let second = try client.replies(7, named("vdb") + be(UInt16(0)))
    #expect(second.first?.data == be(UInt16(0)) + be(UInt64(4096)) + be(UInt16(1 + 2 + 4 + 128 + 256)))
    #expect(other.now.attached == 1)
    client.request(2)
    #expect(client.isClosed)
    #expect(other.now.detached == 1)
  }

  @Test("an export that is not there is unknown, and the client may go on asking")
  func unknownExport() throws {
    let client = try RawServer(disk, other).connect()
    client.send(be(UInt32(3)))
    let unknown = try client.replies(7, named("vdx") + be(UInt16(0)))
    #expect(unknown.map(\.kind) == [1 << 31 + 6])
    #expect(String(decoding: unknown[0].data, as: UTF8.self) == "there is no export 'vdx'")
    // Two exports have no default.
    #expect(try client.replies(6, named("") + be(UInt16(0))).map(\.kind) == [1 << 31 + 6])
    #expect(try client.replies(7, named("vda") + be(UInt16(0))).last?.kind == 1)
  }

  @Test("the only export of a socket is the default one", arguments: [1 as UInt32, 7])
  func defaultExport(option: UInt32) throws {
    let client = try RawServer(disk).connect()
    client.send(be(UInt32(3)))
    if option == 7 {
      #expect(try client.replies(7, named("") + be(UInt16(0))).last?.kind == 1)
    } else {
      client.option(1)
      #expect(try client.read(10) == be(UInt64(65536)) + be(UInt16(2413)))
    }
    client.request(3)
    #expect(try client.simpleReply() == 0)
  }

  @Test(
    "EXPORT_NAME answers with 124 zeros to clients that want them, and hangs up on names that are not there")
  func exportName() throws {
    let server = try RawServer(disk, other)
    let padded = try server.connect()
    padded.send(be(UInt32(1)))
    padded.option(1, Array("vda".utf8))
    #expect(try padded.read(134) == be(UInt64(65536)) + be(UInt16(2413)) + [UInt8](repeating: 0, count: 124))
    // Clients of the plain newstyle set no flag at all.
    let plain = try server.connect()
    plain.send(be(UInt32(0)))
    plain.option(1, Array("vda".utf8))
    #expect(try plain.read(134).count == 134)
    let lost = try server.connect()
    lost.send(be(UInt32(3)))
    lost.option(1, Array("nope".utf8))
    #expect(lost.isClosed)
  }

  @Test("ABORT is acknowledged, and the connection closed")
  func abort() throws {
    let client = try RawServer(disk).connect()
    client.send(be(UInt32(3)))
    #expect(try client.replies(2).map(\.kind) == [1])
    #expect(client.isClosed)
    #expect(disk.now.attached == 0)
  }

  @Test("unknown options, STARTTLS among them, are unsupported; the next one is understood")
  func unknownOptions() throws {
    let client = try RawServer(disk).connect()
    client.send(be(UInt32(3)))
    for option: UInt32 in [4, 5, 11, 12, 0xFFFF_FFFF] {
      let replies = try client.replies(option, [1, 2, 3])
      #expect(replies.map(\.kind) == [1 << 31 + 1])
      #expect(replies.map(\.option) == [option])
    }
    #expect(try client.replies(3).last?.kind == 1)
  }

  @Test("options with malformed data are invalid; the next one is understood")
  func malformedOptions() throws {
    let client = try RawServer(disk).connect()
    client.send(be(UInt32(3)))
    let malformed: [(UInt32, [UInt8])] = [
      (7, []), (7, [0, 0]), (7, be(UInt32(0xFFFF_FFFF))), (7, named("vda")),
      (7, named("vda") + be(UInt16(1))),
      (7, named("vda") + be(UInt16(0)) + [9]), (7, be(UInt32(2)) + [0xFF, 0xFE] + be(UInt16(0))),
      (6, named(String(repeating: "x", count: 4097)) + be(UInt16(0))), (8, [1]), (9, []), (9, named("vda")),
      (9, named("vda") + be(UInt32(1))), (9, named("vda") + be(UInt32(0xFFFF_FFFF)) + named("a")),
      (9, named("vda") + be(UInt32(1)) + named("a") + [0]),
    ]
    for (option, data) in malformed {
      #expect(try client.replies(option, data).map(\.kind) == [1 << 31 + 3], "\(option) \(data.prefix(16))")
    }
    #expect(try client.replies(7, named("vda") + be(UInt16(0))).last?.kind == 1)
  }

  @Test("an option with more data than any takes is too big; its data is skipped")
  func tooBig() throws {
    let client = try RawServer(disk).connect()
    client.send(be(UInt32(3)))
    #expect(try client.replies(7, [UInt8](repeating: 1, count: 65537)).map(\.kind) == [1 << 31 + 9])
    #expect(try client.replies(3).last?.kind == 1)
  }

  @Test("metadata contexts: base:allocation alone, after structured replies, for the export that is chosen")
  func metadataContexts() throws {
    let client = try RawServer(disk, other).connect()
    client.send(be(UInt32(3)))
    let allocation = named("base:allocation")
    #expect(try client.replies(10, named("vda") + be(UInt32(1)) + allocation).map(\.kind) == [1 << 31 + 3])
    #expect(try client.replies(8).map(\.kind) == [1])
    let listed = Array("base:allocation".utf8)
    for queries in [be(UInt32(0)), be(UInt32(1)) + named("base:"), be(UInt32(1)) + allocation] {
      let replies = try client.replies(9, named("vda") + queries)
      #expect(replies.map(\.kind) == [4, 1])
      #expect(Array(replies[0].data[4...]) == listed)
    }
    #expect(try client.replies(9, named("vda") + be(UInt32(1)) + named("qemu:")).map(\.kind) == [1])
    #expect(try client.replies(9, named("vdx") + be(UInt32(0))).map(\.kind) == [1 << 31 + 6])
    let set = try client.replies(10, named("vda") + be(UInt32(2)) + named("qemu:dirty-bitmap:x") + allocation)
    #expect(set.map(\.data) == [be(UInt32(1)) + listed, []])
    // Selected for vda, not for vdb.
    #expect(try client.replies(7, named("vdb") + be(UInt16(0))).last?.kind == 1)
    client.request(7, length: 4096)
    #expect(try client.refusal().code == 22)
  }
}
