import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("vma extract: Proxmox's command line, words and pipe")
struct VMAExtractCommandTests {
  let runs: VMACommandRuns
  let disk: String
  let archive: String

  init() throws {
    runs = try VMACommandRuns()
    disk = try runs.makeDisk()
    archive = runs.directory.file("a.vma")
    let config = try runs.directory.write(text: "name: x\n", to: "qemu-server.conf")
    try snapsh([
      "vma", "create", archive, "-c", config, "-d", "format=raw:drive-scsi0=\(disk)", "-d",
      "format=raw:drive-scsi1=\(disk)",
    ]).check()
  }

  private var out: String { runs.directory.file("out") }

  private func extracted() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: out)) ?? []).sorted()
  }

  @Test("damage in a disk that is not extracted harms nothing; in one that is, nothing is left")
  func damageElsewhere() throws {
    // A digest is that of a whole extent: here each disk has its own, in the order of the command line.
    let large = runs.directory.file("large.raw")
    try TestDisk.random(size: 6 << 20).write(to: large)
    let two = runs.directory.file("two.vma")
    try snapsh([
      "vma", "create", two, "-d", "format=raw:first=\(large)", "-d", "format=raw:second=\(large)",
    ]).check()
    var bytes = try TestDisk.contents(of: two)
    bytes[1 << 20] ^= 1
    let damaged = try runs.directory.write(bytes, to: "damaged.vma")
    let run = runs.run("vma", "extract", "-d", "second", damaged, out)
    #expect(run.status == 0)
    #expect(extracted() == ["disk-second.raw"])
    #expect(try TestDisk.contents(of: out + "/disk-second.raw") == TestDisk.contents(of: large))
    let json = runs.run("--json", "vma", "extract", "-d", "second", damaged, out + "2")
    #expect(json.output.contains(#""unproven":"the data of the other devices was not compared"#))
    #expect(runs.run("vma", "extract", "-d", "first", damaged, out + "3").status == 1)
    #expect(!FileManager.default.fileExists(atPath: out + "3"))
  }

  @Test("a DEVINFO line for each disk, and files under their names")
  func plain() throws {
    let run = runs.run("vma", "extract", archive, out)
    #expect(run.status == 0)
    #expect(run.error.isEmpty)
    #expect(
      run.output == """
        DEVINFO \(out)/tmp-disk-drive-scsi0.raw 1053184
        DEVINFO \(out)/tmp-disk-drive-scsi1.raw 1053184

        """)
    #expect(extracted() == ["disk-drive-scsi0.raw", "disk-drive-scsi1.raw", "qemu-server.conf"])
    try TestSupport.run(["cmp", disk, out + "/disk-drive-scsi1.raw"]).check()
  }

  @Test("-v adds progress and totals, -d picks disks, wherever they stand")
  func options() {
    let run = runs.run("vma", "extract", "-v", "-d", "drive-scsi1", archive, out)
    let lines = run.output.split(separator: "\n")
    #expect(lines.first == "DEVINFO \(out)/tmp-disk-drive-scsi1.raw 1053184")
    #expect(lines[1].hasPrefix("progress 100% (read 2228224 bytes, duration "))
    #expect(
      Array(lines[2...]) == [
        "total bytes read 2228224, sparse bytes 1851392 (83.1%)", "space reduction due to 4K zero blocks 0%",
      ])
    #expect(extracted() == ["disk-drive-scsi1.raw", "qemu-server.conf"])
  }

  @Test("unknown names, a directory that exists, and formats that cannot be made are errors")
  func refused() throws {
    let unknown = runs.run("vma", "extract", "-d", "drive-scsi0,drive-x", archive, out)
    #expect(
      unknown.error
        == "error: the archive has no device 'drive-x'; it has 'drive-scsi0', 'drive-scsi1'\n")
    let format = runs.run("vma", "extract", "--format", "vmdk", archive, out)
    #expect(format.error == "error: images can be extracted as raw or qcow2, not as 'vmdk'\n")
    let both = runs.run("vma", "extract", "--format", "raw", "-r", "/dev/null", archive, out)
    #expect(both.error == "error: --format cannot be given with -r: the map says the format of each target\n")
    let mode = runs.run("vma", "extract", "--preallocation", "metadata", archive, out)
    #expect(mode.error == "error: 'metadata' is no preallocation; use one of off, falloc, full\n")
    let mapped = runs.run("vma", "extract", "--preallocation", "full", "-r", "/dev/null", archive, out)
    #expect(
      mapped.error
        == "error: --preallocation is for the images that extract makes, not for -r and --range\n")
    #expect([mode, mapped].map(\.status) == [1, 1])
    #expect(!FileManager.default.fileExists(atPath: out))
    let exists = runs.run("vma", "extract", archive, runs.directory.path)
    #expect(exists.error == "error: unable to create target directory \(runs.directory.path) - File exists\n")
    #expect([unknown, format, both, exists].map(\.status) == [1, 1, 1, 1])
  }

  @Test("--format qcow2 makes qcow2 images; the result for programs says where")
  func qcow2() throws {
    let run = runs.run("--json", "vma", "extract", "-d", "drive-scsi0", "--format", "qcow2", archive, out)
    #expect(run.status == 0)
    #expect(
      run.output.contains(
        #"{"device":"drive-scsi0","format":"qcow2","path":"\#(out)/disk-drive-scsi0.qcow2","sizeBytes":1053184}"#
      ))
    try TestSupport.run([
      "qemu-img", "compare", "-f", "raw", "-F", "qcow2", disk, out + "/disk-drive-scsi0.qcow2",
    ]).check()
  }

  @Test("--preallocation takes the images' storage, whatever of the disks is a hole")
  func preallocated() throws {
    let run = runs.run(
      "vma", "extract", "-d", "drive-scsi0", "--preallocation", "falloc", archive, out)
    #expect(run.status == 0)
    var status = stat()
    #expect(stat(out + "/disk-drive-scsi0.raw", &status) == 0)
    #expect(status.st_blocks * 512 >= status.st_size)
    try TestSupport.run(["cmp", disk, out + "/disk-drive-scsi0.raw"]).check()
  }

  @Test("-r prints the listing, then reads where each disk goes from a pipe")
  func map() throws {
    let target = runs.directory.file("target.raw")
    try TestDisk.random(size: 1_053_184, seed: 9).write(to: target)
    // As Proxmox's restore does it: wait for CTIME, look at the config, then write the map.
    let script = #"""
      mkfifo "$2/map" "$2/listing"
      "$1" vma extract -v -r "$2/map" "$2/a.vma" "$2/out" >"$2/listing" &
      tool=$!
      while read -r line; do
        echo "$line"
        case $line in CTIME:*)
          test -s "$2/out/qemu-server.conf" || exit 9
          printf 'format=raw:throttling.bps=1000:1:drive-scsi0=%s\nskip=drive-scsi1\ndone\n' "$2/target.raw" >"$2/map"
        esac
      done <"$2/listing"
      wait "$tool"
      """#
    let run = try TestSupport.run(["sh", "-c", script, "sh", snapshBinary, runs.directory.path]).check()
    #expect(
      run.stdout.hasPrefix("CFG: size: 8 name: qemu-server.conf\nDEV: dev_id=1 size: 1053184 devname: "))
    #expect(!run.stdout.contains("DEVINFO"))
    #expect(run.stdout.contains("\nprogress 100% (read "))
    try TestSupport.run(["cmp", disk, target]).check()
    #expect(extracted() == ["qemu-server.conf"])
  }

  @Test("a map that is wrong is refused in the words of Proxmox's tool, and nothing is left")
  func wrongMap() throws {
    let expectations = [
      "nonsense\n": "read map failed - parse error ('nonsense')",
      "skip=\n": "read map failed - option 'skip' has no value",
      "0:/x\n": "read map failed - no dev name specified",
      "done\n": "no device name mapping for drive-scsi0", "": "no device name mapping for drive-scsi0",
    ]
    for (map, message) in expectations {
      let file = try runs.directory.write(text: map, to: "map")
      let run = runs.run("vma", "extract", "-r", file, archive, out)
      #expect(run.status == 1)
      #expect(run.error == "error: \(message)\n")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("a truncated archive leaves nothing, whatever was extracted before its end")
  func truncated() throws {
    let bytes = try TestDisk.contents(of: archive)
    let path = try runs.directory.write(bytes.dropLast(512), to: "cut.vma")
    let run = runs.run("vma", "extract", path, out)
    #expect(run.status == 1)
    #expect(run.error.hasPrefix("error: '\(path)': "))
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test("Ctrl-C while the archive is awaited removes what was made, and ends with 130")
  func interrupted() throws {
    // The header comes, the rest never does: the tool waits when the signal arrives.
    let script = #"""
      mkfifo "$2/input"
      env --default-signal=INT "$1" vma extract - "$2/out" <"$2/input" &
      tool=$!
      exec 3>"$2/input"
      head -c 20000 "$2/a.vma" >&3
      while ! test -s "$2/out/qemu-server.conf"; do sleep 0.01; done
      kill -INT "$tool"
      wait "$tool"
      echo "status $?"
      """#
    // A shell's background processes ignore SIGINT unless job control (-m) is on, and so may the test run itself.
    let run = try TestSupport.run(["sh", "-mc", script, "sh", snapshBinary, runs.directory.path]).check()
    #expect(run.stdout.hasSuffix("status 130\n"))
    // The shell itself complains that it has no terminal.
    #expect(
      run.stderr.split(separator: "\n").last
        == "error: interrupted; everything this command had begun has been undone")
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test("a memory stream goes in as vmstate and comes out as vmstate.bin, as long as it was")
  func memory() throws {
    var stream = TestDisk(size: 133_000)
    stream.fill(50_000..<60_000)
    let path = runs.directory.file("memory")
    try stream.write(to: path)
    let archive = runs.directory.file("memory.vma")
    let created = runs.run(
      "vma", "create", archive, "-d", "format=raw:vmstate=\(path)", "-d", "format=raw:drive-a=\(disk)")
    #expect(created.status == 0)
    #expect(runs.run("vma", "list", archive).output.contains("\nVMSTATE: dev_id=1 memory: 133120\n"))
    let run = runs.run("--json", "vma", "extract", archive, out)
    #expect(
      run.output.contains(
        #""memory":{"isExactLength":true,"lengthBytes":133000,"path":"\#(out)/vmstate.bin"}"#))
    try TestSupport.run(["cmp", path, out + "/vmstate.bin"]).check()
  }
}
