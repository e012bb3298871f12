import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("vma diff, vma convert and vma extract --range: what is printed, and the exit statuses")
struct VMADiffCommandTests {
  let runs: VMACommandRuns
  let first: String
  let second: String

  init() throws {
    runs = try VMACommandRuns()
    let disk = try runs.makeDisk()
    var bytes = try TestDisk.contents(of: disk)
    bytes[70_000] ^= 1
    bytes[200_000] ^= 1
    let changed = runs.directory.file("changed.raw")
    try Data(bytes).write(to: URL(fileURLWithPath: changed))
    first = runs.directory.file("1.vma")
    second = runs.directory.file("2.vma")
    #expect(
      runs.run("vma", "create", first, "-d", "format=raw:a=\(disk)", "-d", "format=raw:b=\(disk)").status == 0
    )
    #expect(
      runs.run("vma", "create", second, "-d", "format=raw:a=\(disk)", "-d", "format=raw:b=\(changed)").status
        == 0)
  }

  @Test("silent and 0 where nothing differs, a line a device and 1 where something does")
  func statuses() throws {
    let same = runs.run("vma", "diff", first, first)
    #expect(same.status == 0)
    #expect(same.output.isEmpty)
    let other = runs.run("vma", "diff", first, second)
    #expect(other.status == 1)
    #expect(other.output == "b: 8192 bytes in 2 runs differ\n")
    let listed = runs.run("vma", "diff", first, second, "--runs", "--content", "--device", "b")
    #expect(listed.output == "b: 8192 bytes in 2 runs differ\n  69632 4096\n  196608 4096\n")
    #expect(runs.run("vma", "diff", first, second, "--device", "a").status == 0)
  }

  @Test("trouble is 2")
  func trouble() throws {
    for words in [[first, "/nowhere"], [first, second, "--device", "z"], [first, "/dev/null"]] {
      let error = MemorySink()
      let status = Tool.run(
        ["vma", "diff"] + words, environment: [:], console: Console(output: MemorySink(), error: error))
      #expect(status == 2, "\(words)")
      #expect(error.text.hasPrefix("error: The archives cannot be compared\nerror: "))
    }
  }

  @Test("a range on standard output is the bytes and nothing else")
  func range() throws {
    let run = try snapsh(["vma", "extract", first, "-", "--device", "a", "--range", "64K:512"]).check()
    #expect(
      run.stdoutBytes == Array(try TestDisk.contents(of: runs.directory.file("disk.raw"))[65536..<66048]))
    for (words, message) in [
      (["--range", "5"], "--range and --device go together: the one says of what the other is"),
      (["--device", "a", "--range", "5"], "--range takes OFFSET:LENGTH, such as 1M:64K, not '5'"),
      (
        ["--device", "a", "--range", "0:2G"],
        "device 'a' has 1053184 bytes, and the range reaches to byte 2147483648"
      ),
    ] {
      let refused = try snapsh(["vma", "extract", first, "-"] + words)
      #expect(refused.status == 1)
      #expect(refused.stderr == "error: \(message)\n")
    }
  }

  @Test("a conversion of an archive of Proxmox's says what its digests prove, and verifies")
  func convert() throws {
    let new = runs.directory.file("new.vma")
    let run = runs.run("vma", "convert", testdata("vma/multi-disk.vma"), new)
    #expect(run.status == 0)
    #expect(run.error.hasPrefix("warning: '"))
    #expect(runs.run("vma", "verify", new).error.isEmpty)
    #expect(runs.run("vma", "diff", testdata("vma/multi-disk.vma"), new).status == 0)
  }
}
