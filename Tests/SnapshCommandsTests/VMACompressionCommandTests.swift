import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("vma create --compress and --reproducible, and the readers of what they make")
struct VMACompressionCommandTests {
  let runs: VMACommandRuns

  init() throws { runs = try VMACommandRuns() }

  @Test("list, config, verify and extract read a compressed archive as a plain one")
  func readers() throws {
    let disk = try runs.makeDisk()
    let config = try runs.directory.write(text: "name: x\n", to: "qemu-server.conf")
    for (name, compression) in [("a.vma", []), ("a.vma.zst", ["--compress", "zstd:2,threads=2"])] {
      let made = Tool.run(
        ["vma", "create", runs.directory.file(name), "-c", config, "-d", "format=raw:drive-a=\(disk)"]
          + ["--reproducible"] + compression,
        environment: [:], console: Console(output: MemorySink(), error: MemorySink()))
      #expect(made == 0)
    }
    let (plain, compressed) = (runs.directory.file("a.vma"), runs.directory.file("a.vma.zst"))
    for command in ["list", "config", "verify"] {
      let expected = runs.run("vma", command, plain)
      let found = runs.run("vma", command, compressed)
      #expect(expected.status == 0)
      #expect(found.status == 0)
      #expect(found.output == expected.output)
      #expect(found.error == expected.error)
    }
    #expect(runs.run("vma", "extract", compressed, runs.directory.file("out")).status == 0)
    try run(["cmp", disk, runs.directory.file("out/disk-drive-a.raw")]).check()
  }

  @Test("JSON tells how long the file is beside the archive in it")
  func json() throws {
    let disk = try runs.makeDisk()
    let path = runs.directory.file("a.vma.zst")
    let made = runs.run(
      "--json", "vma", "create", path, "--compress", "zstd", "-d", "format=raw:drive-a=\(disk)")
    let object = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(object?["compressedBytes"] as? Int == size)
    #expect((object?["bytesWritten"] as? Int ?? 0) > 0)
  }

  @Test(
    "two reproducible archives of the same input are the same bytes, with SOURCE_DATE_EPOCH as their time")
  func reproducible() throws {
    let disk = try runs.makeDisk()
    for name in ["one", "two"] {
      let status = Tool.run(
        ["vma", "create", runs.directory.file(name), "--reproducible", "-d", "format=raw:drive-a=\(disk)"],
        environment: ["SOURCE_DATE_EPOCH": "1700000000"],
        console: Console(output: MemorySink(), error: MemorySink()))
      #expect(status == 0)
    }
    try run(["cmp", runs.directory.file("one"), runs.directory.file("two")]).check()
    #expect(
      runs.run("--json", "vma", "list", runs.directory.file("one")).output.contains(
        #""creationTimeSeconds":1700000000"#))
  }

  @Test("what is no compression, no UUID or no time is refused before a file is made")
  func refused() throws {
    let disk = try runs.makeDisk()
    let device = "format=raw:drive-a=\(disk)"
    let path = runs.directory.file("a.vma")
    let gzip = runs.run("vma", "create", path, "--compress", "gzip", "-d", device)
    #expect(gzip.status == 1)
    #expect(gzip.error.contains("write zstd, zstd:LEVEL"))
    #expect(runs.run("vma", "create", path, "--uuid", "x", "-d", device).error.contains("'x' is no UUID"))
    #expect(runs.run("vma", "create", path, "--ctime", "today", "-d", device).status == 1)
    #expect(runs.entries == ["disk.raw"])
  }
}
