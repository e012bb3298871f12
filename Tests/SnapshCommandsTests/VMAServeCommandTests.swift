import Foundation
import TestSupport
import Testing

@testable import SnapshCommands

@Suite("vma serve: an archive's devices until it is interrupted")
struct VMAServeCommandTests {
  let runs: VMACommandRuns
  let archive: String
  let disk: String

  init() throws {
    runs = try VMACommandRuns()
    disk = try runs.makeDisk()
    archive = runs.directory.file("a.vma")
    #expect(
      runs.run(
        "vma", "create", archive, "-d", "format=raw:drive-a=\(disk)", "-d", "format=raw:drive-b=\(disk)"
      ).status == 0)
  }

  private func start(_ words: String..., name: String = "serve") throws -> RunningProgram {
    // What a killed server leaves goes with the test.
    let program = try RunningProgram(
      [snapshBinary] + words, outputIn: runs.directory.path, name: name,
      environment: ["TMPDIR": runs.directory.path])
    try program.waitForOutput(words.contains("--json") ? #""type":"ready""# : "Ready\n")
    return program
  }

  @Test("prints the exports' URIs and Ready, serves, and ends well with SIGTERM, its socket gone")
  func serve() throws {
    let socket = runs.directory.file("s")
    let program = try start("vma", "serve", archive, "--socket", socket)
    #expect(
      program.output == """
        nbd+unix:///drive-a?socket=\(socket) 1053184
        nbd+unix:///drive-b?socket=\(socket) 1053184
        Ready

        """)
    #expect(try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int == 0o600)
    try TestSupport.run(["nbdcopy", "nbd+unix:///drive-b?socket=\(socket)", runs.directory.file("copy")])
      .check()
    try TestSupport.run(["cmp", disk, runs.directory.file("copy")]).check()
    kill(program.processID, SIGTERM)
    #expect(try program.waitForEnd() == 0)
    #expect(program.error.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test("as JSON both lines match the schema; a TCP port may be the system's choice, the socket be nobody's")
  func json() throws {
    let contract = ScriptContract()
    try require(tool: "qemu-storage-daemon")
    for words in [["--port", "0"], ["--port", "0", "--writable"], []] {
      let program = try RunningProgram(
        [snapshBinary, "--json", "vma", "serve", archive, "--device", "drive-a"] + words,
        outputIn: runs.directory.path, name: "json\(words.count)")
      try program.waitForOutput(#""type":"ready""#)
      let uri = try #require(program.output.firstMatch(of: /"uri":"([^"]*)"/)?.output.1)
      #expect(words.isEmpty == uri.hasPrefix("nbd+unix:///drive-a?socket=/"))
      try TestSupport.run(["nbdinfo", "--size", String(uri)]).check()
      kill(program.processID, SIGINT)
      #expect(try program.waitForEnd() == 0)
      let lines = program.output.split(separator: "\n")
      #expect(lines.count == 2)
      for line in lines {
        #expect(try contract.problems(ofOutput: String(line) + "\n", schema: "vma-serve.json") == [])
      }
    }
  }

  @Test(
    "what clients write is forgotten, or kept in an overlay that fits no other archive, though the server be killed"
  )
  func writable() throws {
    for tool in ["qemu-storage-daemon", "qemu-io"] { try require(tool: tool) }
    let before = try Data(contentsOf: URL(fileURLWithPath: archive))
    let socket = runs.directory.file("w")
    let uri = "nbd+unix:///drive-a?socket=\(socket)"
    let overlay = runs.directory.file("o.qcow2")
    func io(_ commands: String...) throws -> String {
      // A pattern that is not found is a failure to qemu-io.
      try TestSupport.run(["qemu-io", "-f", "raw", uri] + commands.flatMap { ["-c", $0] }).stdout
    }
    for (round, signal) in [SIGTERM, SIGKILL].enumerated() {
      let program = try start(
        "vma", "serve", archive, "--device", "drive-a", "--socket", socket, "--writable", "--overlay",
        overlay,
        name: "kept\(round)")
      // Only what was written in the first round is there in the second.
      let output = try io("read -P 7 300000 5000", "write -P 7 300000 5000", "read -P 7 300000 5000")
      #expect(output.contains("Pattern verification failed") == (round == 0))
      #expect(processes(naming: overlay).count == 2)
      kill(program.processID, signal)
      #expect(try program.waitForEnd() == (signal == SIGTERM ? 0 : 128 + signal))
      #expect(FileManager.default.fileExists(atPath: socket) == (signal == SIGKILL))
    }
    // QEMU's daemon was told to end, too, and takes only as long as it needs to close the overlay.
    for _ in 0..<3000 where !processes(naming: overlay).isEmpty { usleep(20_000) }
    #expect(processes(naming: overlay) == [])
    let alone = #"json:{"driver":"qcow2","backing":null,"file":{"driver":"file","filename":"\#(overlay)"}}"#
    try TestSupport.run(["qemu-img", "check", "-q", alone]).check()
    let thrownAway = try start("vma", "serve", archive, "--socket", socket, "--writable", name: "thrown")
    #expect(try io("read -P 7 300000 5000").contains("Pattern verification failed"))
    // Whoever may not write to a socket may not connect.
    let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int ?? 0o777
    #expect(mode & 0o022 == 0)
    kill(thrownAway.processID, SIGTERM)
    #expect(try thrownAway.waitForEnd() == 0)
    let other = runs.run(
      "vma", "serve", archive, "--device", "drive-b", "--writable", "--overlay", overlay)
    #expect(other.status == 1)
    #expect(
      other.error
        == "error: '\(overlay)' is no overlay of device 'drive-b' of this archive, and above another it would be "
        + "nonsense; name a new file\n")
    #expect(try Data(contentsOf: URL(fileURLWithPath: archive)) == before)
  }

  @Test("an overlay is refused above an archive of the same UUID and shape, and other contents")
  func overlayOfTwin() throws {
    try require(tool: "qemu-storage-daemon")
    let twin = runs.directory.file("twin.vma")
    var bytes = try TestDisk.contents(of: disk)
    bytes[70_000] ^= 1
    let other = try runs.directory.write(bytes, to: "other.raw")
    let ours = runs.directory.file("ours.vma")
    for (archive, disk) in [(ours, disk), (twin, other)] {
      let made = runs.run("vma", "create", archive, "-d", "format=raw:drive-a=\(disk)", "--reproducible")
      #expect(made.status == 0)
    }
    let overlay = runs.directory.file("o.qcow2")
    let program = try start(
      "vma", "serve", ours, "--socket", runs.directory.file("s"), "--writable", "--overlay", overlay)
    kill(program.processID, SIGTERM)
    #expect(try program.waitForEnd() == 0)
    let refused = runs.run(
      "vma", "serve", twin, "--socket", runs.directory.file("s"), "--writable", "--overlay", overlay)
    #expect(refused.status == 1)
    #expect(refused.error.hasPrefix("error: '\(overlay)' is no overlay of device 'drive-a' of this archive"))
  }

  @Test(
    "a file and another's socket stay what they are, with --writable too", arguments: [[], ["--writable"]])
  func taken(words: [String]) throws {
    func refusal(_ path: String) -> String {
      let error = MemorySink()
      let status = Tool.run(
        ["vma", "serve", archive, "--socket", path] + words, environment: [:],
        console: Console(output: MemorySink(), error: error))
      #expect(status == 1)
      return error.text
    }
    let file = try runs.directory.write(text: "precious", to: "file")
    #expect(refusal(file).contains("'\(file)'"))
    #expect(try TestDisk.contents(of: file) == Array("precious".utf8))
    let socket = runs.directory.file("s")
    let program = try start("vma", "serve", archive, "--socket", socket)
    #expect(refusal(socket).contains("unix:\(socket)"))
    try TestSupport.run(["nbdinfo", "--size", "nbd+unix:///drive-a?socket=\(socket)"]).check()
    kill(program.processID, SIGTERM)
    #expect(try program.waitForEnd() == 0)
  }

  @Test("a signal that whoever started the tool ignores, as nohup does, stays ignored")
  func ignoredSignal() throws {
    let program = try RunningProgram(
      [
        "sh", "-c", #"trap "" HUP; exec "$@""#, "sh", snapshBinary, "vma", "serve", archive, "--socket",
        runs.directory.file("s"),
      ], outputIn: runs.directory.path, name: "nohup")
    try program.waitForOutput("Ready\n")
    let status = try String(contentsOfFile: "/proc/\(program.processID)/status", encoding: .utf8)
    let caught = try #require(status.firstMatch(of: /SigCgt:\t([0-9a-f]+)/)?.output.1)
    let signals = try #require(UInt64(caught, radix: 16))
    func isCaught(_ number: Int32) -> Bool { signals & (1 << UInt64(number - 1)) != 0 }
    #expect(!isCaught(SIGHUP))
    #expect(isCaught(SIGINT) && isCaught(SIGTERM))
    kill(program.processID, SIGHUP)
    kill(program.processID, SIGTERM)
    #expect(try program.waitForEnd() == 0)
  }

  @Test(
    "what does not fit together is refused",
    arguments: [
      (["--port", "1", "--socket", "s"], "error: Options --socket and --port are mutually exclusive\n"),
      (["--bind", "::1"], "error: --bind needs --port\n"),
      (["--port", "70000"], "error: 70000 is no TCP port\n"),
      (["--overlay", "o"], "error: --overlay needs --writable\n"),
      (["--device", "x"], "error: the archive has no device 'x'; it has 'drive-a', 'drive-b'\n"),
      (
        ["--writable", "--overlay", "/nowhere/o"],
        "error: an overlay is of one device, and 'drive-a', 'drive-b' are to be served; choose one with --device\n"
      ),
    ])
  func refused(words: [String], message: String) {
    let output = MemorySink()
    let error = MemorySink()
    let status = Tool.run(
      ["vma", "serve", archive] + words, environment: [:], console: Console(output: output, error: error))
    #expect(status == 1)
    #expect(error.text == message)
    #expect(output.text.isEmpty)
  }
}
