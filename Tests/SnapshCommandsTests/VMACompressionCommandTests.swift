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

  @Test(
    "what lzop has made is given to the program of that name with -dc; one that is missing is named with its package"
  )
  func lzop() throws {
    let plain = runs.directory.file("a.vma")
    #expect(runs.run("vma", "create", plain, "-d", "format=raw:drive-a=\(try runs.makeDisk())").status == 0)
    // The beginning of lzop's container, and a program that takes just that away.
    let magic: [UInt8] = [0x89, 0x4C, 0x5A, 0x4F, 0x00, 0x0D, 0x0A, 0x1A, 0x0A]
    let packed = try runs.directory.write(magic + TestDisk.contents(of: plain), to: "a.vma.lzo")
    let tools = runs.directory.file("tools")
    try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
    let program = try runs.directory.write(
      text: "#!/bin/sh\n[ \"$*\" = -dc ] && exec /usr/bin/tail -c +10\n", to: "tools/lzop")

    #expect(chmod(program, 0o600) == 0)
    let missing = try snapsh(["vma", "verify", packed], environment: ["PATH": tools])
    #expect(missing.status == 1)
    #expect(missing.stderr.contains("the program of that name was not found; install the package lzop"))

    #expect(chmod(program, 0o700) == 0)
    let found = try snapsh(["--json", "vma", "verify", packed], environment: ["PATH": tools])
    #expect(found.status == 0)
    #expect(found.stdout == runs.run("--json", "vma", "verify", plain).output)

    _ = try runs.directory.write(
      text: "#!/bin/sh\necho 'lzop: <stdin>: Checksum error' >&2\nexit 1\n", to: "tools/lzop")
    let failed = try snapsh(["vma", "verify", packed], environment: ["PATH": tools])
    #expect(failed.status == 1)
    #expect(failed.stderr.contains("lzop cannot decompress it (<stdin>: Checksum error)"))
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

  @Test("a decompressor that fails is a failure, also where whoever started the tool ignores SIGCHLD")
  func ignoredChildren() throws {
    let disk = try runs.makeDisk()
    let plain = runs.directory.file("a.vma")
    #expect(runs.run("vma", "create", plain, "-d", "format=raw:drive-a=\(disk)").status == 0)
    try run([try require(tool: "gzip"), "-q", plain]).check()
    var bytes = try TestDisk.contents(of: plain + ".gz")
    // The checksum of what was compressed, which only gzip itself knows.
    bytes[bytes.count - 8] ^= 1
    let damaged = try runs.directory.write(bytes, to: "damaged.vma.gz")
    for script in [#"exec "$@""#, #"trap "" CHLD; exec "$@""#] {
      let run = try run(["sh", "-c", script, "sh", snapshBinary, "vma", "verify", damaged])
      #expect(run.status == 1)
      #expect(run.stderr.contains("crc error"))
    }
  }
}
