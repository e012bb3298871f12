import Foundation
import Operations
import TestSupport
import Testing

@testable import SnapshCommands

/// A directory and the tool run in process, for the tests of the commands on archives.
struct VMACommandRuns {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  struct Run {
    let status: Int32
    let output: String
    let error: String
  }

  func run(_ arguments: String...) -> Run {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(arguments, environment: [:], console: Console(output: output, error: error))
    return Run(status: status, output: output.text, error: error.text)
  }

  /// Writes a disk of 1 MiB and 4608 bytes, of which 128 KiB are data, and returns its path.
  func makeDisk(_ name: String = "disk.raw") throws -> String {
    var disk = TestDisk(size: 1 << 20 + 4608)
    disk.bytes = [UInt8](repeating: 0, count: (1 << 20) + 4608)
    disk.fill(65536..<65536 + 131_072)
    try disk.write(to: directory.file(name))
    return directory.file(name)
  }

  /// Names in the directory, hidden ones included.
  var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
  }
}

@Suite("vma create: Proxmox's command line and words")
struct VMACreateCommandTests {
  let runs: VMACommandRuns

  init() throws { runs = try VMACommandRuns() }

  @Test("silent without -v; with it, progress and a line for each image on standard error")
  func progress() throws {
    let disk = try runs.makeDisk()
    let config = try runs.directory.write(text: "name: x\n", to: "qemu-server.conf")
    let archive = runs.directory.file("a.vma")
    let silent = runs.run("vma", "create", archive, "-c", config, "-d", "format=raw:drive-scsi0=\(disk)")
    #expect(silent.status == 0)
    #expect(silent.output.isEmpty)
    #expect(silent.error.isEmpty)
    let told = runs.run(
      "vma", "create", archive + "2", "-c", config, "-d", "format=raw:drive-scsi0=\(disk)", "-v")
    #expect(told.output.isEmpty)
    #expect(
      told.error == """
        progress 100% 1053184/1053184 922112
        image drive-scsi0: size=1053184 zeros=922112 saved=131072

        """)
    #expect(runs.entries == ["a.vma", "a.vma2", "disk.raw", "qemu-server.conf"])
  }

  @Test("devices without a name are called disk0, disk1, and a = behind a slash belongs to the path")
  func namelessDevices() throws {
    let first = try runs.makeDisk("a=b.raw")
    let second = try runs.makeDisk("c.raw")
    let archive = runs.directory.file("a.vma")
    #expect(
      runs.run("vma", "create", archive, "-d", "format=raw:\(first)", "-d", "format=raw:\(second)").status
        == 0)
    let list = runs.run("vma", "list", archive).output
    #expect(
      list.hasPrefix(
        "DEV: dev_id=1 size: 1053184 devname: disk0\nDEV: dev_id=2 size: 1053184 devname: disk1\n"))
  }

  @Test("the old form without a format still works, with the warning that it is old")
  func deprecated() throws {
    let disk = try runs.makeDisk()
    let archive = runs.directory.file("a.vma")
    let run = runs.run("vma", "create", archive, "drive-a=\(disk)", "drive-b=\(disk)")
    #expect(run.status == 0)
    #expect(
      run.error
        == "Specifying a device without a format is deprecated - use '-d format=<format>:...'\n")
    #expect(
      runs.run("vma", "list", archive).output.contains("DEV: dev_id=2 size: 1053184 devname: drive-b\n"))
  }

  @Test("command lines that Proxmox's tool refuses are refused in its words, and nothing is made")
  func refused() throws {
    let disk = try runs.makeDisk()
    let archive = runs.directory.file("a.vma")
    let mixed = runs.run("vma", "create", archive, "-d", "format=raw:a=\(disk)", "b=\(disk)")
    #expect(mixed.error == "error: Unexpected extra argument - specify all devices via '-d'\n")
    let unformatted = runs.run("vma", "create", archive, "-d", "a=\(disk)")
    #expect(unformatted.error == "error: No format specified for device: 'a=\(disk)'\n")
    let unknown = runs.run("vma", "create", archive, "-d", "format=nbd:a=localhost")
    #expect(
      unknown.error.hasPrefix("error: 'nbd' is not an image format that can be read; use one of raw, qcow2"))
    let memory = runs.run("vma", "create", archive, "-d", "format=qcow2:vmstate=\(disk)")
    #expect(memory.error == "error: the memory stream vmstate must be given as format=raw, not qcow2\n")
    let twice = runs.run("vma", "create", archive, "-d", "format=raw:a=\(disk)", "-d", "format=raw:a=\(disk)")
    #expect(
      twice.error == "error: '\(archive)': the device name 'a' occurs twice, and names must be unique\n")
    let directory = runs.run("vma", "create", archive, "-d", "format=raw:a=\(runs.directory.path)")
    #expect(
      directory.error == "error: '\(runs.directory.path)' is a directory, not a disk image or block device\n")
    #expect([mixed, unformatted, unknown, memory, twice, directory].map(\.status) == [1, 1, 1, 1, 1, 1])
    #expect(runs.entries == ["disk.raw"])
  }

  @Test("an archive that exists is refused and stays")
  func exists() throws {
    let disk = try runs.makeDisk()
    let run = runs.run("vma", "create", disk, "-d", "format=raw:a=\(disk)")
    #expect(run.status == 1)
    #expect(run.error == "error: '\(disk)' exists already; remove it or choose another name\n")
    #expect(try TestDisk.contents(of: disk).count == 1_053_184)
  }

  @Test("- writes the archive to standard output, and everything else to standard error")
  func standardOutput() throws {
    let disk = try runs.makeDisk()
    let archive = runs.directory.file("piped.vma")
    let script = #""$1" --json vma create -v - -d "format=raw:drive-a=$2" >"$3""#
    let run = try run(["sh", "-c", script, "sh", snapshBinary, disk, archive]).check()
    let lines = run.stderr.split(separator: "\n")
    #expect(
      lines.first?.hasPrefix(#"{"bytesPerSecond":"#) == true
        || lines.first?.hasPrefix(#"{"completedBytes":"#) == true)
    #expect(lines.first?.contains(#""totalBytes":1053184,"type":"progress""#) == true)
    #expect(lines.last?.hasPrefix(#"{"archive":"-","bytesWritten":"#) == true)
    #expect(runs.run("vma", "verify", archive).status == 0)
  }

  @Test("a reader that goes away is one sentence and a status, not a signal")
  func closedPipe() throws {
    let disk = runs.directory.file("big.raw")
    try run(["dd", "if=/dev/urandom", "of=\(disk)", "bs=1M", "count=16"]).check()
    let script =
      #"{ "$1" vma create - -d "format=raw:a=$2"; echo "status $?" >&2; } | head -c 100 >/dev/null"#
    let run = try run(["sh", "-c", script, "sh", snapshBinary, disk])
    #expect(run.stderr == "error: standard output was closed before everything was written to it\nstatus 1\n")
  }

  @Test("a full file system takes the half archive away again")
  func fileSystemFull() throws {
    let disk = runs.directory.file("big.raw")
    try run(["dd", "if=/dev/urandom", "of=\(disk)", "bs=1M", "count=16"]).check()
    let mount = runs.directory.file("small")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
    // A file system of its own for the one command, gone with its namespace.
    let script = #"""
      mount -t tmpfs -o size=4m tmpfs "$3" || exit 99
      "$1" vma create "$3/a.vma" -d "format=raw:a=$2"; echo "status $?"
      ls -A "$3"
      """#
    let namespace = geteuid() == 0 ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"]
    let run = try run(namespace + ["sh", "-c", script, "sh", snapshBinary, disk, mount]).check()
    #expect(run.stdout == "status 1\n")
    #expect(run.stderr.hasPrefix("error: '\(mount)/a.vma': "))
    #expect(run.stderr.contains("no space is left"))
  }

  @Test("the result for programs names the archive and its devices")
  func json() throws {
    let disk = try runs.makeDisk()
    let archive = runs.directory.file("a.vma")
    let run = runs.run("vma", "create", archive, "-d", "format=raw:drive-a=\(disk)", "--json")
    #expect(run.output.hasPrefix(#"{"archive":"\#(archive)","bytesWritten":"#))
    #expect(
      run.output.contains(#""name":"drive-a","sizeBytes":1053184,"storedBytes":131072,"zeroBytes":922112"#))
    let failed = runs.run("vma", "create", archive, "-d", "format=raw:drive-a=/none", "--json")
    #expect(
      failed.error
        == #"{"error":{"code":2,"kind":"disk","message":"cannot open '/none': No such file or directory"}}"#
        + "\n")
  }

  @Test("where every disk is smaller than 64 KiB, the trap in Proxmox's tool is told")
  func smallDisks() throws {
    try TestDisk.random(size: 512).write(to: runs.directory.file("tiny.raw"))
    let run = runs.run(
      "vma", "create", runs.directory.file("a.vma"), "-d", "format=raw:a=\(runs.directory.file("tiny.raw"))")
    #expect(run.status == 0)
    #expect(run.error.hasPrefix("warning: no disk has 64 KiB: "))
  }
}

@Suite("vma list, config and verify: Proxmox's command line and words")
struct VMAReadCommandTests {
  let runs: VMACommandRuns

  init() throws { runs = try VMACommandRuns() }

  private let sample = testdata("vma/vmstate.vma")

  @Test("list prints configs, memory, disks, and last the time")
  func list() throws {
    let run = try run([snapshBinary, "vma", "list", sample], environment: ["TZ": "UTC"]).check()
    #expect(
      run.stdout == """
        CFG: size: 117 name: qemu-server.conf
        VMSTATE: dev_id=1 memory: 133120
        DEV: dev_id=2 size: 2097152 devname: drive-scsi0
        CTIME: Sat Nov 21 02:16:34 2026

        """)
    let json = runs.run("vma", "list", sample, "--json").output
    #expect(json.contains(#""configs":[{"name":"qemu-server.conf","sizeBytes":117}]"#))
    #expect(json.contains(#"{"id":1,"kind":"memory","name":"vmstate","sizeBytes":133120}"#))
    #expect(
      json.contains(#""creationTime":"2026-11-21T02:16:34Z","creationTimeSeconds":1795227394"#), "\(json)")
    #expect(json.contains(#""hasDigests":false"#))
  }

  @Test("- reads standard input, from its header alone when no more is needed")
  func standardInput() throws {
    let header = try TestDisk.contents(of: sample).prefix(12800)
    let list = try snapsh(["vma", "list", "-"], stdin: Array(header)).check()
    #expect(list.stdout.hasPrefix("CFG: size: 117 name: qemu-server.conf\n"))
    let config = try snapsh(["vma", "config", "-"], stdin: Array(header)).check()
    #expect(config.stdoutBytes.count == 117)
    let verified = try snapsh(["vma", "verify", "-"], stdin: Array(header))
    #expect(verified.status == 1)
    #expect(verified.stderr.hasPrefix("error: 'standard input': "))
  }

  @Test("config prints the bytes of qemu-server.conf, or of another by name")
  func config() throws {
    let bytes = try run([
      snapshBinary, "vma", "config", testdata("vma/multi-disk.vma"), "-c", "qemu-server.fw",
    ])
    .check().stdoutBytes
    #expect(bytes.count == 21)
    let missing = runs.run("vma", "config", sample, "-c", "none.conf")
    #expect(missing.status == 1)
    #expect(missing.output.isEmpty)
    #expect(missing.error == "error: unable to find configuration data 'none.conf'\n")
  }

  @Test("a config that is no text comes as it is, and as base64 in JSON")
  func binaryConfig() throws {
    let config = try runs.directory.write([0xff, 0x00, 0x0a], to: "blob")
    let archive = runs.directory.file("a.vma")
    #expect(runs.run("vma", "create", archive, "-c", config).status == 0)
    #expect(
      try run([snapshBinary, "vma", "config", archive, "-c", "blob"]).check().stdoutBytes == [
        0xff, 0x00, 0x0a,
      ])
    #expect(
      runs.run("--json", "vma", "config", archive, "-c", "blob").output
        == #"{"base64":"/wAK","name":"blob","sizeBytes":3}"# + "\n")
  }

  @Test("verify is silent; with -v it lists, counts, and says what is proven")
  func verify() throws {
    let archive = runs.directory.file("a.vma")
    let disk = try runs.makeDisk()
    #expect(runs.run("vma", "create", archive, "-d", "format=raw:drive-scsi0=\(disk)").status == 0)
    let silent = runs.run("vma", "verify", archive)
    #expect(silent.status == 0)
    #expect(silent.output.isEmpty)
    #expect(silent.error.isEmpty)
    let told = runs.run("vma", "verify", archive, "-v").output.split(separator: "\n")
    #expect(told.first == "DEV: dev_id=1 size: 1053184 devname: drive-scsi0")
    #expect(told[1].hasPrefix("CTIME: "))
    #expect(told[2].hasPrefix("progress 100% (read 1114112 bytes, duration "))
    #expect(
      Array(told[3...]) == [
        "total bytes read 1114112, sparse bytes 925696 (83.1%)", "space reduction due to 4K zero blocks 0%",
        "verified: every extent and every cluster of every device is there, and the data is what was written",
      ])
  }

  @Test("what an archive without digests leaves unproven is said on standard error, with status 0")
  func unproven() {
    let run = runs.run("vma", "verify", sample)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(run.error.hasPrefix("warning: not proven: the archive carries no digests"))
    let json = runs.run("vma", "verify", sample, "--json")
    #expect(json.error.isEmpty)
    #expect(json.output.contains(#""unproven":"the archive carries no digests"#))
  }

  @Test("verify --structure-only passes changed data over, says so with -v, and keeps what was proven before")
  func structureOnly() throws {
    let archive = runs.directory.file("a.vma")
    #expect(runs.run("vma", "create", archive, "-d", "format=raw:a=\(try runs.makeDisk())").status == 0)
    let quick = runs.run("vma", "verify", "--structure-only", archive)
    #expect(quick.status == 0)
    #expect(quick.output.isEmpty)
    #expect(quick.error.isEmpty)
    #expect(VerificationRecord(of: archive)?.proof == .structure)
    #expect(runs.run("vma", "verify", archive).status == 0)
    #expect(runs.run("vma", "verify", "--structure-only", archive).status == 0)
    #expect(VerificationRecord(of: archive)?.proof == .content)
    #expect(
      runs.run("vma", "verify", "--structure-only", "-v", archive).output
        .hasSuffix(
          "verified: the structure is sound, and every cluster of every disk is there exactly once\n"))

    var bytes = try TestDisk.contents(of: archive)
    bytes[bytes.count - 10_000] ^= 0x10
    let damaged = try runs.directory.write(bytes, to: "damaged.vma")
    #expect(runs.run("vma", "verify", "--structure-only", damaged).status == 0)
    let cut = try runs.directory.write(Array(bytes.prefix(bytes.count - 10_000)), to: "cut.vma")
    #expect(runs.run("vma", "verify", "--structure-only", cut).status == 1)
  }

  @Test("an archive without disks has no image data")
  func noDisks() throws {
    let archive = runs.directory.file("a.vma")
    let config = try runs.directory.write(text: "x", to: "x.conf")
    #expect(runs.run("vma", "create", archive, "-c", config).status == 0)
    #expect(runs.run("vma", "verify", "-v", archive).output.contains("vma archive contains no image data\n"))
  }

  @Test("damage is an error with its place, status 1 and never a signal")
  func damage() throws {
    let archive = runs.directory.file("a.vma")
    #expect(runs.run("vma", "create", archive, "-d", "format=raw:a=\(try runs.makeDisk())").status == 0)
    var bytes = try TestDisk.contents(of: archive)
    bytes[bytes.count - 10_000] ^= 0x10
    let damaged = try runs.directory.write(bytes, to: "damaged.vma")
    let result = runs.run("vma", "verify", damaged)
    #expect(result.status == 1)
    #expect(result.error.hasPrefix("error: '\(damaged)': "))
    #expect(result.error.contains(" (at byte "))
    #expect(
      runs.run("vma", "verify", damaged, "--json").error.hasPrefix(#"{"error":{"kind":"vma","message":"#))
  }

  @Test("times that no calendar reaches are printed as a number")
  func strangeTimes() {
    #expect(LocalTime(seconds: .max).ctime == String(Int64.max))
    #expect(LocalTime(seconds: .min).ctime == String(Int64.min))
    // Year 9999 is the last that ctime(3) itself could print.
    #expect(LocalTime(seconds: 400_000_000_000).ctime.hasSuffix(" 14645"))
  }
}
