import DiskIO
import Foundation
import Operations
import SaveImage
import TestSupport
import Testing
import VMA

@Suite("Archives with a guest's memory")
struct MemoryReceptionTests {
  @Test(
    "a file knows the stream's length, and gives the stream back", arguments: [10, 65536 - 30, 3_000_000])
  func file(length: Int) throws {
    let reception = try ReceptionFixture(65536, memory: true)
    let stream = ReceptionFixture.memoryStream(length)
    let result = try reception.run {
      try reception.sendMemory(stream)
      let client = try reception.client("a")
      try client.zero(65536, at: 0)
      try client.close()
    }
    #expect(result.memoryLength == UInt64(stream.count))
    let header = try reception.fixture.open(reception.path).header
    #expect(ArchiveManifest(of: header)?.memory?.length == UInt64(stream.count))
    #expect(header.devices.map(\.name) == ["vmstate", "a"])
    #expect(header.devices[0].size == UInt64((stream.count + 511) / 512 * 512))
    let extracted = try reception.fixture.extract(reception.path)
    #expect(extracted.memory?.isExactLength == true)
    let isSame = try TestDisk.contents(of: reception.fixture.directory.file("out/vmstate.bin")) == stream
    #expect(isSame)
  }

  @Test("a pipe never learns the length: the stream comes back filled up with zeros")
  func pipe() throws {
    let reception = try ReceptionFixture(memory: true)
    let stream = ReceptionFixture.memoryStream(100_000)
    let target = reception.fixture.directory.file("source-pipe.vma")
    let fifo = reception.fixture.directory.file("source-fifo")
    try run(["mkfifo", fifo]).check()
    let reader = try BackgroundProcess(["cp", fifo, target])
    try reception.run(to: .path(fifo)) { try reception.sendMemory(stream) }
    while reader.isRunning { usleep(1000) }
    let header = try reception.fixture.open(target).header
    #expect(header.configs.isEmpty)
    _ = try reception.fixture.extract(target)
    let memory = try TestDisk.contents(of: reception.fixture.directory.file("out/vmstate.bin"))
    #expect(memory.count == 131_072)
    let isSame = Array(memory[..<stream.count]) == stream && memory[stream.count...].allSatisfy { $0 == 0 }
    #expect(isSame)
  }

  @Test("a stream that was cut, or is none, or never came, fails the archive")
  func broken() throws {
    let whole = ReceptionFixture.memoryStream(100_000)
    let streams: [([UInt8], MigrationStreamCheck.Fault)] = [
      (Array(whole.dropLast()), .cut(length: UInt64(whole.count - 1))), ([], .empty),
      (Array("GET / HTTP/1.1\r\n\r\n".utf8), .notAStream),
    ]
    for (stream, fault) in streams {
      let reception = try ReceptionFixture(65536, memory: true)
      #expect(throws: ArchiveReceptionError.brokenMemory(fault)) {
        try reception.run { try reception.sendMemory(stream) }
      }
      #expect(reception.leftNothing)
    }
    var reception = try ReceptionFixture(memory: true)
    reception.request.timeout = 1
    #expect(
      throws: ArchiveReceptionError.timeout(seconds: 1, missing: "nobody has sent the memory stream")
    ) { try reception.run {} }
  }

  @Test("a stream longer than its bound fails the archive")
  func tooLong() throws {
    var reception = try ReceptionFixture(memory: true)
    reception.request.memoryLimit = 65536
    #expect(throws: ArchiveReceptionError.memoryTooLong(limit: 65536)) {
      try reception.run { try? reception.sendMemory(ReceptionFixture.memoryStream(3_000_000)) }
    }
    #expect(reception.leftNothing)
  }

  @Test("a manifest that is given stays as it is")
  func ownManifest() throws {
    var reception = try ReceptionFixture(memory: true)
    let own = ArchiveConfig(name: "snapsh.json", data: Array("{}".utf8))
    reception.request.configs = [own]
    try reception.run { try reception.sendMemory(ReceptionFixture.memoryStream(10)) }
    #expect(try reception.fixture.open(reception.path).header.configs == [own])
  }
}
