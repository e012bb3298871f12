import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("archive list: what is in a directory's archives")
struct ArchiveListCommandTests {
  let runs: VMACommandRuns

  init() throws { runs = try VMACommandRuns() }

  /// What snapsh notes in an archive of a guest.
  private static let manifest = """
    {"disks":[{"device":"drive-vda","format":"raw","size":1053184,"target":"vda"}],
     "guest":{"consistency":"crash","instant":"2026-11-21T01:36:49Z","instantSeconds":1795225009,
     "mode":"disks","name":"web","uuid":"11111111-2222-3333-4444-555555555555","wasRunning":true},"version":1}
    """

  private func create(_ name: String, _ more: String..., manifest: String? = Self.manifest) throws -> String {
    let disk = try runs.makeDisk(name + ".raw")
    let path = runs.directory.file(name)
    var arguments = ["vma", "create", path, "-d", "format=raw:drive-vda=\(disk)", "--ctime", "1795225009"]
    if let manifest {
      let config = try runs.directory.write(text: manifest, to: "snapsh.json")
      arguments += ["-c", config]
    }
    let made = Tool.run(
      arguments + more, environment: [:], console: Console(output: MemorySink(), error: MemorySink()))
    #expect(made == 0)
    for rest in [name + ".raw", "snapsh.json"] {
      try? FileManager.default.removeItem(atPath: runs.directory.file(rest))
    }
    return path
  }

  /// The archives as JSON.
  private func list(_ arguments: String...) throws -> [[String: Any]] {
    let output = MemorySink()
    let status = Tool.run(
      ["--json", "archive", "list"] + arguments, environment: [:],
      console: Console(output: output, error: MemorySink()))
    #expect(status == 0)
    let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any]
    return try #require(object?["archives"] as? [[String: Any]])
  }

  @Test("plain, compressed and foreign archives are told apart, and what is none is left out")
  func kinds() throws {
    _ = try create("a.vma")
    _ = try create("b.vma.zst", "--compress", "zstd:1")
    _ = try create("c.vma", manifest: nil)
    _ = try runs.directory.write(text: "hello", to: "notes.txt")
    _ = try runs.directory.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], to: "logs.gz")
    try run([try require(tool: "zstd"), "-q", runs.directory.file("notes.txt")]).check()
    let archives = try list(runs.directory.path)
    #expect(
      archives.map { $0["file"] as? String }
        == ["a.vma", "b.vma.zst", "c.vma"].map { runs.directory.file($0) })
    for archive in archives.prefix(2) {
      #expect(archive["guest"] as? String == "web")
      #expect(archive["instant"] as? String == "2026-11-21T01:36:49Z")
      #expect(archive["mode"] as? String == "disks")
      #expect(archive["consistency"] as? String == "crash")
      #expect(archive["diskBytes"] as? Int == 1_053_184)
      #expect(archive["memoryBytes"] == nil)
      #expect(archive["verified"] == nil)
    }
    #expect(archives[1]["compression"] as? String == "zstd")
    #expect(archives[2]["guest"] == nil)
    #expect(archives[2]["instantSeconds"] as? Int == 1_795_225_009)
  }

  @Test("a table for people, its sizes and words aligned")
  func table() throws {
    _ = try create("a.vma")
    let run = runs.run("archive", "list", runs.directory.path)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix(" File    Guest   Instant"))
    #expect(lines[2].contains(" a.vma   web     2026-11-2"))
    #expect(lines[2].contains("disks   crash         1.00 MiB   -"))
    #expect(lines[2].hasSuffix("never"))
    #expect(run.error.isEmpty)
  }

  @Test("a verified archive says when and how much was proven, until it changes")
  func verified() throws {
    let path = try create("a.vma.zst", "--compress", "zstd")
    #expect(runs.run("vma", "verify", path).status == 0)
    let verified = try #require(try list(runs.directory.path).first)
    #expect((verified["verifiedSeconds"] as? Int ?? 0) > 1_700_000_000)
    #expect(verified["proven"] as? String == "content")
    // Its name changes nothing.
    let other = runs.directory.file("other.vma.zst")
    try FileManager.default.moveItem(atPath: path, toPath: other)
    #expect(try list(other).first?["proven"] as? String == "content")
    // A copy has the attribute and the times, and nobody has read it.
    let copy = runs.directory.file("copy.vma.zst")
    try run(["cp", "-a", other, copy]).check()
    #expect(try list(copy).first?["proven"] == nil)
    let file = try #require(FileHandle(forWritingAtPath: other))
    try file.seekToEnd()
    try file.write(contentsOf: Data([0]))
    try file.close()
    #expect(try list(other).first?["proven"] == nil)
    #expect(runs.run("vma", "verify", other).status == 1)
    #expect(try list(other).first?["proven"] == nil)
  }

  @Test("a damaged archive is shown as that, with what is wrong")
  func damaged() throws {
    let path = try create("a.vma")
    var bytes = try TestDisk.contents(of: path)
    bytes[100] ^= 1
    _ = try runs.directory.write(bytes, to: "a.vma")
    let zstd = try create("b.vma.zst", "--compress", "zstd")
    let half = Array(try TestDisk.contents(of: zstd).prefix(50))
    _ = try runs.directory.write(half, to: "b.vma.zst")
    let archives = try list(runs.directory.path)
    #expect(archives.count == 2)
    #expect((archives[0]["problem"] as? String)?.contains("checksum is wrong") == true)
    #expect((archives[1]["problem"] as? String)?.contains("cut off") == true)
    let text = runs.run("archive", "list", runs.directory.path).output
    #expect(text.contains("damaged\n"))
    #expect(text.contains("damaged: '\(path)'"))
  }

  @Test("Proxmox's name is shown, and linked on request without a change of the first")
  func proxmox() throws {
    let plain = try create("a.vma")
    let name = try #require(try list(plain, "--pve-name", "101").first?["proxmoxName"] as? String)
    #expect(name.wholeMatch(of: /vzdump-qemu-101-2026_11_2[01]-\d\d_\d\d_49\.vma/) != nil)
    #expect(runs.entries == ["a.vma"])
    for _ in 0..<2 {
      #expect(runs.run("archive", "list", plain, "--pve-name", "101", "--link").status == 0)
      #expect(runs.entries == ["a.vma", name])
    }
    #expect(try TestDisk.contents(of: runs.directory.file(name)) == TestDisk.contents(of: plain))
    let zstd = try create("b.vma.zst", "--compress", "zstd")
    #expect(
      (try list(zstd, "--pve-name", "999999999").first?["proxmoxName"] as? String)?.hasSuffix("_49.vma.zst")
        == true)
  }

  @Test("the last instant that the system can tell has a name, too")
  func lastInstant() throws {
    let disk = try runs.makeDisk("d.raw")
    let path = runs.directory.file("a.vma")
    let made = runs.run(
      "vma", "create", path, "-d", "format=raw:a=\(disk)", "--ctime", "67768036191000000")
    #expect(made.status == 0)
    let name = try #require(try list(path, "--pve-name", "101").first?["proxmoxName"] as? String)
    #expect(name.hasPrefix("vzdump-qemu-101-2147485547_12_2"))
  }

  @Test("a name that is taken, several guests, a number that is none: all refused, nothing linked")
  func proxmoxRefused() throws {
    let path = try create("a.vma")
    let name = try #require(try list(path, "--pve-name", "101").first?["proxmoxName"] as? String)
    _ = try runs.directory.write(text: "precious", to: name)
    let taken = runs.run("archive", "list", path, "--pve-name", "101", "--link")
    #expect(taken.status == 1)
    #expect(taken.error.contains("File exists"))
    #expect(try TestDisk.contents(of: runs.directory.file(name)) == Array("precious".utf8))

    _ = try create("b.vma", manifest: nil)
    let several = runs.run("archive", "list", runs.directory.path, "--pve-name", "102", "--link")
    #expect(several.error.contains("archives of 2 guests"))
    #expect(runs.run("archive", "list", path, "--pve-name", "99").error.contains("from 100 to 999999999"))
    #expect(runs.run("archive", "list", path, "--link").error.contains("--link needs --pve-name"))
    #expect(runs.entries.count == 3)
  }

  @Test("a directory that is not there, and one file that is no archive, are errors")
  func missing() throws {
    #expect(runs.run("archive", "list", runs.directory.file("nowhere")).error.contains("No such file"))
    let text = try runs.directory.write(text: "hello", to: "notes.txt")
    let run = runs.run("archive", "list", text)
    #expect(run.status == 1)
    #expect(run.error.contains("'\(text)' is no VMA archive"))
  }
}
