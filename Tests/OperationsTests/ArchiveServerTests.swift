import Foundation
import NBDServer
import Operations
import Synchronization
import TestSupport
import Testing
import VMA

@Suite("An archive's devices as NBD exports")
struct ArchiveServerTests {
  let fixture: ArchiveFixture
  /// Data, holes, a zero block in a cluster with data, and an end inside of a cluster.
  let disk: TestDisk
  let other = TestDisk.random(size: 100 << 10, seed: 9)

  init() throws {
    fixture = try ArchiveFixture()
    var disk = TestDisk(size: (24 << 20) + 4608)
    disk.fill(0..<4096, seed: 1)
    disk.fill(1 << 20..<12 << 20, seed: 2)
    disk.fill(20 << 20..<(20 << 20) + 12288, seed: 3)
    disk.fill((20 << 20) + 16384..<(20 << 20) + 20480, seed: 4)
    disk.fill(24 << 20..<(24 << 20) + 4608, seed: 5)
    self.disk = disk
  }

  final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private func archive() throws -> String {
    try fixture.create([fixture.device("drive-vda", disk), fixture.device("drive-vdb", other)])
  }

  private func serve(_ path: String, devices: [String]? = nil, log: Log = Log()) throws -> ArchiveServer {
    let archive = try IndexedArchive(path: path, cancellation: Cancellation())
    return try ArchiveServer(
      archive, devices: devices, at: .unix(path: fixture.directory.file("nbd.sock")), log: log.add)
  }

  @Test("nbdcopy of each export is the device, and nbdinfo --map shows its holes")
  func copies() throws {
    for tool in ["nbdcopy", "nbdinfo", "cmp"] { try require(tool: tool) }
    let server = try serve(archive())
    defer { server.stop() }
    #expect(server.exports.map(\.device) == ["drive-vda", "drive-vdb"])
    for export in server.exports {
      let copy = fixture.directory.file("copy-\(export.device)")
      try run(["nbdcopy", export.uri, copy]).check()
      try run(["cmp", copy, fixture.directory.file("source-\(export.device).raw")]).check()
    }
    let map = try run(["nbdinfo", "--map", server.exports[0].uri]).check()
    let runs = map.stdout.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      runs.map { $0[0] + " " + $0[1] + " " + $0[3] } == [
        "0 4096 data", "4096 1044480 hole,zero", "1048576 11534336 data", "12582912 8388608 hole,zero",
        "20971520 12288 data", "20983808 4096 hole,zero", "20987904 4096 data", "20992000 4173824 hole,zero",
        "25165824 4608 data",
      ])
  }

  @Test("exports are read-only, known to be so, and take several connections each")
  func readOnly() throws {
    let server = try serve(archive(), devices: ["drive-vdb"])
    defer { server.stop() }
    #expect(server.exports.map(\.device) == ["drive-vdb"])
    let client = try LibNBDClient(fixture.directory.file("nbd.sock"), "drive-vdb")
    #expect(throws: LibNBDClient.Refusal.self) { try client.write([1], at: 0) }
    #expect(try client.read(5000, at: 777) == Array(other.bytes[777..<5777]))
    let info = try run(["nbdinfo", "--json", server.exports[0].uri]).check().stdout
    #expect(info.contains(#""is_read_only": true"#))
    #expect(info.contains(#""can_multi_conn": true"#))
  }

  @Test("ten clients at once each get what they ask for")
  func tenClients() throws {
    let server = try serve(archive())
    defer { server.stop() }
    let socket = fixture.directory.file("nbd.sock")
    let bytes = disk.bytes
    let wrong = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 10) { number in
      do {
        let client = try LibNBDClient(socket, "drive-vda")
        for step in 0..<12 {
          let start = (number * 2_000_003 + step * 1_999_993) % (bytes.count - 300_000)
          let length = 1 + (number * 31_337 + step * 24_001) % 290_000
          guard try client.read(length, at: start) == Array(bytes[start..<start + length]) else {
            wrong.withLock { $0.append("\(length) bytes at \(start)") }
            return
          }
        }
        try client.close()
      } catch {
        wrong.withLock { $0.append("\(error)") }
      }
    }
    #expect(wrong.withLock { $0 } == [])
  }

  @Test("a flipped byte is an I/O error and one line that tells where; the rest is served")
  func flipped() throws {
    let path = try archive()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: 8_000_000)
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: 8_000_000)
    try file.write(contentsOf: [byte ^ 1])
    try file.close()
    let log = Log()
    let server = try serve(path, log: log)
    defer { server.stop() }
    let client = try LibNBDClient(fixture.directory.file("nbd.sock"), "drive-vda")
    let place = 8_600_000
    for _ in 0..<2 {
      let refusal = #expect(throws: LibNBDClient.Refusal.self) { _ = try client.read(65536, at: place) }
      #expect(refusal?.errno == EIO)
    }
    #expect(log.all.count == 1)
    #expect(
      log.all.first?.hasPrefix("device 'drive-vda' cannot be read at byte \(place): the data of extent 2 ")
        == true)
    #expect(log.all.first?.hasSuffix(" of the archive)") == true)
    #expect(try client.read(4096, at: 0) == Array(disk.bytes[..<4096]))
    #expect(try client.read(4608, at: 24 << 20) == Array(disk.bytes[(24 << 20)...]))
    let copy = try run(["nbdcopy", server.exports[0].uri, fixture.directory.file("copy")])
    #expect(copy.status != 0)
  }

  @Test("a memory stream is served as long as it is")
  func memory() throws {
    let stream = TestDisk.random(size: 133_001)
    try stream.write(to: fixture.directory.file("source-memory"))
    let path = fixture.directory.file("m.vma")
    try snapsh(
      [
        "vma", "create", path, "-d", "format=raw:vmstate=" + fixture.directory.file("source-memory"),
      ]
    ).check()
    let server = try serve(path)
    defer { server.stop() }
    #expect(server.exports.map(\.size) == [133_001])
    let client = try LibNBDClient(fixture.directory.file("nbd.sock"), "vmstate")
    #expect(try client.read(133_001, at: 0) == stream.bytes)
  }

  @Test("an index beside the archive is used as long as it is of the archive, and told of when it is not")
  func keptIndex() throws {
    let path = try archive()
    let made = try IndexedArchive(path: path, cancellation: Cancellation())
    #expect(made.origin == .read)
    try made.keepIndex(at: path + ".idx")
    let kept = try IndexedArchive(path: path, cancellation: Cancellation())
    #expect(kept.origin == .kept(path: path + ".idx"))
    #expect(kept.index == made.index)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 5)], ofItemAtPath: path)
    let stale = try IndexedArchive(path: path, cancellation: Cancellation())
    #expect(
      stale.origin
        == .readInstead(
          path: path + ".idx", reason: "the index cannot be used: the archive has changed since it was made"))
    #expect(stale.index == made.index)
  }

  @Test("an index takes the place of another index, and of nothing else")
  func indexPlace() throws {
    let path = try archive()
    let before = try TestDisk.contents(of: path)
    let made = try IndexedArchive(path: path, cancellation: Cancellation())
    let link = fixture.directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let foreign = try fixture.directory.write(text: "precious", to: "foreign")
    let empty = try fixture.directory.write(text: "", to: "empty")
    for taken in [path, link, foreign, empty, fixture.directory.path] {
      #expect(throws: ArchiveOperationError.notAnIndex(path: taken)) { try made.keepIndex(at: taken) }
    }
    #expect(try TestDisk.contents(of: path) == before)
    #expect(try TestDisk.contents(of: foreign) == Array("precious".utf8))
    for _ in 0..<2 { try made.keepIndex(at: path + ".idx") }
    #expect(fixture.entries == ["empty", "foreign", "link", "test.vma", "test.vma.idx"])
  }

  @Test("a compressed archive and a pipe are refused with what to do")
  func notRandomAccess() throws {
    let contents = ArchiveContents(configs: [], devices: [try fixture.device("drive-vdb", other)])
    let path = fixture.directory.file("c.vma.zst")
    let creation = ArchiveCreation(
      contents, compression: try .init("zstd"), progress: nil, cancellation: Cancellation())
    _ = try creation.run(to: .path(path))
    #expect(throws: ArchiveOperationError.notRandomAccess(path: path, .zstd)) {
      _ = try IndexedArchive(path: path, cancellation: Cancellation())
    }
    #expect("\(ArchiveOperationError.notRandomAccess(path: path, .zstd))".contains("zstd -dc"))
    #expect(throws: ArchiveOperationError.notRandomAccess(path: "/dev/null", nil)) {
      _ = try IndexedArchive(path: "/dev/null", cancellation: Cancellation())
    }
  }
}
