import Foundation
import NBDServer
import TestSupport
import Testing

@Suite("The clients that people use")
struct ClientProgramTests {
  let directory: TemporaryDirectory
  let disk = MemoryExport("vda", size: 3 << 20, summary: "the first disk")
  let other = MemoryExport("vdb", size: (1 << 20) + 512)
  let image = MemoryExport("image", size: 1 << 20, isReadOnly: true)
  let server: NBDServer

  init() throws {
    directory = try TemporaryDirectory()
    let socket = try ListeningSocket(.unix(path: directory.file("s")))
    server = try NBDServer([.init([disk, other, image], at: socket)])
  }

  func uri(_ name: String) -> String { "nbd+unix:///\(name)?socket=\(directory.file("s"))" }

  @Test("nbdinfo lists the exports with all that is known of them")
  func list() throws {
    defer { server.stop() }
    try require(tool: "nbdinfo")
    let list = try run(["nbdinfo", "--list", "--json", uri("")]).check()
    struct Answer: Decodable {
      struct Export: Decodable {
        let exportName: String
        let description: String?
        let size: UInt64
        let readOnly: Bool
        let multiConn: Bool
        let minimum: Int
        let preferred: Int
        let maximum: Int
        let contexts: [String]

        enum CodingKeys: String, CodingKey {
          case exportName = "export-name"
          case description
          case size = "export-size"
          case readOnly = "is_read_only"
          case multiConn = "can_multi_conn"
          case minimum = "block_size_minimum"
          case preferred = "block_size_preferred"
          case maximum = "block_size_maximum"
          case contexts
        }
      }

      let exports: [Export]
    }
    let answer = try JSONDecoder().decode(Answer.self, from: Data(list.stdoutBytes))
    #expect(answer.exports.map(\.exportName) == ["vda", "vdb", "image"])
    #expect(answer.exports.map(\.size) == [3 << 20, (1 << 20) + 512, 1 << 20])
    #expect(answer.exports.map(\.readOnly) == [false, false, true])
    #expect(answer.exports.allSatisfy { $0.multiConn && $0.contexts == ["base:allocation"] })
    #expect(answer.exports.allSatisfy { $0.minimum == 1 && $0.preferred == 65536 && $0.maximum == 32 << 20 })
    #expect(answer.exports[0].description == "the first disk")
  }

  @Test("nbdinfo shows what is data and what is a hole")
  func map() throws {
    defer { server.stop() }
    try require(tool: "nbdinfo")
    disk.fill((0..<3 << 20).map { UInt8($0 / 1024 % 2) })
    let map = try run(["nbdinfo", "--map", "--totals", uri("vda")]).check()
    #expect(map.stdout.contains("1572864  50.0%   0 data"))
    #expect(map.stdout.contains("1572864  50.0%   3 hole,zero"))
  }

  @Test("nbdcopy and qemu-img copy in and out, several at one time")
  func copies() throws {
    defer { server.stop() }
    try require(tool: "nbdcopy")
    let first = TestDisk.random(size: 3 << 20, seed: 1)
    let second = TestDisk.random(size: (1 << 20) + 512, seed: 2)
    try first.write(to: directory.file("a"))
    try second.write(to: directory.file("b"))
    let script = """
      nbdcopy "$1" "$3" & first=$!
      qemu-img convert -n -f raw -O raw "$2" "$4" & second=$!
      wait $first && wait $second
      """
    try run(["sh", "-c", script, "sh", directory.file("a"), directory.file("b"), uri("vda"), uri("vdb")])
      .check()
    let isSame = disk.now.bytes == first.bytes && other.now.bytes == second.bytes
    #expect(isSame)
    #expect(other.now.flushes > 0)
    var sparse = TestDisk(size: 1 << 20)
    sparse.fill(300_000..<500_000)
    image.fill(sparse.bytes)
    try run(["nbdcopy", uri("image"), directory.file("c")]).check()
    let cameOut = try TestDisk.contents(of: directory.file("c")) == sparse.bytes
    #expect(cameOut)
  }

  @Test("qemu-io writes, zeroes, discards and reads at odd places")
  func qemuIO() throws {
    defer { server.stop() }
    let result = try run([
      try require(tool: "qemu-io"), "-f", "raw", "-c", "write -P 0x11 1 1", "-c", "write -P 0x22 4095 8193",
      "-c", "write -z 5000 100", "-c", "discard 8192 4096", "-c", "read -P 0x22 4095 905",
      "-c", "read -P 0 5000 100", "-c", "read -P 0x11 1 1", "-c", "flush", uri("vdb"),
    ]).check()
    #expect(!result.stdout.contains("Pattern verification failed"))
    #expect(other.now.bytes[1] == 0x11)
    #expect(other.now.bytes[5000] == 0)
    #expect(!other.now.trims.isEmpty)
    let refused = try run(["qemu-io", "-f", "raw", "-c", "write 0 512", uri("image")])
    #expect(!refused.succeeded)
    #expect(image.now.writes.isEmpty)
  }
}
