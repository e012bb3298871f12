import Foundation
import TestSupport
import Testing

@Suite("vma-writer and a bare QEMU, as the proposal has it")
struct VMAWriterTests {
  private static let size = 64 << 20
  let directory: TemporaryDirectory
  let program: String

  init() throws {
    directory = try TemporaryDirectory()
    // By the name under which make install puts it.
    program = directory.file("vma-writer")
    try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: snapshBinary)
  }

  /// Two empty disks of 64 MiB.
  private func makeDisks() throws -> [String] {
    try ["disk0.raw", "disk1.raw"].map { name in
      try run(["truncate", "-s", "\(Self.size)", directory.file(name)]).check()
      return directory.file(name)
    }
  }

  /// Drives a guest through the sequence and checks the archive, the disks, and that a second QEMU goes on.
  private func backUp(
    writer: RunningProgram, memory: String, targets: [(server: [String: Any], export: String)],
    names: [String], archive: String
  ) throws {
    let disks = try makeDisks()
    let guest = try BareGuest(disks: disks, in: directory.path, name: "first")
    try guest.waitForTicks(4)
    try writer.waitForOutput("Ready\n")
    try guest.migrate(to: memory)
    // The guest stands still: what the disks hold now is what the archive is to hold.
    let last = try #require(guest.ticks.last)
    for (index, disk) in disks.enumerated() {
      try run(["cp", "--sparse=always", disk, directory.file("instant\(index).raw")]).check()
    }
    try guest.startBackup(to: targets)
    try guest.monitor.execute("cont")
    try guest.finishBackup(of: targets.count)
    #expect(try writer.waitForEnd() == 0, "\(writer.error)")
    #expect(writer.output == "Ready\n")
    let ticks = guest.ticks.count
    try guest.waitForTicks(ticks + 1)
    #expect(guest.ticks == Array(1...(guest.ticks.last ?? 0)))
    try guest.quit()

    try snapsh(["vma", "verify", archive]).check()
    let out = directory.file("out")
    try snapsh(["vma", "extract", archive, out]).check()
    for (index, name) in names.enumerated() {
      try run(["cmp", "\(out)/disk-\(name).raw", directory.file("instant\(index).raw")]).check()
      let target = "vd" + ["a", "b"][index]
      let records = try TickRecords(rawImage: "\(out)/disk-\(name).raw", disk: target)
      #expect(records.missing(upTo: last) == [])
      #expect(records.damaged == [])
    }
    let second = try BareGuest(
      disks: names.map { "\(out)/disk-\($0).raw" }, in: directory.path, name: "second",
      incoming: "\(out)/vmstate.bin")
    try second.monitor.wait(for: "query-status") { answer in
      ["running", "paused"].contains((answer as? [String: Any])?["status"] as? String)
    }
    try second.monitor.execute("cont")
    try second.waitForTicks(2)
    #expect(second.ticks.prefix(2) == [last + 1, last + 2])
    try second.quit()
    for (index, name) in names.enumerated() {
      let target = "vd" + ["a", "b"][index]
      let records = try TickRecords(rawImage: "\(out)/disk-\(name).raw", disk: target)
      #expect(records.missing(upTo: last + 2) == [])
    }
  }

  @Test(
    "memory and two disks over Unix sockets make an archive from which a second QEMU goes on at the next tick"
  )
  func unixSockets() throws {
    let archive = directory.file("backup.vma")
    let nbd = directory.file("nbd.sock")
    let migrate = directory.file("migrate.sock")
    let writer = try RunningProgram(
      [
        program, "--incoming", migrate, "--nbd", nbd, "--drive", "name=drive0,size=\(Self.size)", "--drive",
        "name=drive1,size=64M", "--output", archive,
      ], outputIn: directory.path, name: "writer")
    let server: [String: Any] = ["type": "unix", "path": nbd]
    try backUp(
      writer: writer, memory: "unix:\(migrate)", targets: [(server, "drive0"), (server, "drive1")],
      names: ["drive0", "drive1"], archive: archive)
    for path in [nbd, migrate] { #expect(!FileManager.default.fileExists(atPath: path)) }
  }

  @Test("the same over TCP, each disk at a port of its own, with a config beside them")
  func tcpSockets() throws {
    let archive = directory.file("b.vma")
    let config = try directory.write(text: "<domain/>\n", to: "vm-config.xml")
    let ports = try freePorts(3)
    let writer = try RunningProgram(
      [
        program, "--output=\(archive)", "--add-file=\(config)", "--vmstate=tcp:127.0.0.1:\(ports[0])",
        "--blockdev=virtio-drive0,tcp:127.0.0.1:\(ports[1])",
        "--blockdev=virtio-drive1,tcp:127.0.0.1:\(ports[2])", "--size=64M",
      ], outputIn: directory.path, name: "writer")
    // Such an export is found without a name, as nbd:127.0.0.1:PORT has none.
    let targets = ports[1...].map { port -> (server: [String: Any], export: String) in
      (["type": "inet", "host": "127.0.0.1", "port": "\(port)"], "")
    }
    try backUp(
      writer: writer, memory: "tcp:127.0.0.1:\(ports[0])", targets: targets,
      names: ["virtio-drive0", "virtio-drive1"], archive: archive)
    #expect(try snapsh(["vma", "config", archive, "-c", "vm-config.xml"]).check().stdout == "<domain/>\n")
  }

  /// Ports of the loopback address that were free a moment ago.
  private func freePorts(_ count: Int) throws -> [Int] {
    let script = """
      import socket
      sockets = [socket.socket() for _ in range(\(count))]
      for s in sockets: s.bind(('127.0.0.1', 0))
      print(*[s.getsockname()[1] for s in sockets])
      """
    return try run(["python3", "-c", script]).check().stdout.split(whereSeparator: \.isWhitespace).compactMap
    {
      Int($0)
    }
  }

  @Test("a cancelled migration fails the archive, and leaves nothing of it")
  func cancelledMigration() throws {
    let disks = try makeDisks()
    let guest = try BareGuest(disks: disks, in: directory.path, name: "guest")
    try guest.waitForTicks(2)
    let migrate = directory.file("migrate.sock")
    let writer = try RunningProgram(
      [program, "--incoming", migrate, "--output", directory.file("b.vma")], outputIn: directory.path,
      name: "writer")
    try writer.waitForOutput("Ready\n")
    // Slow enough that it cannot be over before it is cancelled.
    try guest.monitor.execute("migrate-set-parameters", ["max-bandwidth": 1 << 20])
    try guest.monitor.execute("migrate", ["uri": "unix:\(migrate)"])
    try guest.monitor.wait(for: "query-migrate") { answer in
      let memory = (answer as? [String: Any])?["ram"] as? [String: Any]
      return (memory?["transferred"] as? Int ?? 0) > 100_000
    }
    try guest.monitor.execute("migrate_cancel")
    #expect(try writer.waitForEnd() == 1)
    #expect(writer.error.contains("without its end mark; the migration was cancelled or has failed"))
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(!left.contains { $0.contains("b.vma") || $0.hasSuffix("migrate.sock") })
    let ticks = guest.ticks.count
    try guest.waitForTicks(ticks + 1)
    try guest.quit()
  }

  @Test(
    "an archive to standard output is the archive alone; Ready goes to standard error, and Ctrl-C leaves nothing"
  )
  func streams() throws {
    let socket = directory.file("nbd.sock")
    let disk = TestDisk.random(size: 1 << 20)
    try disk.write(to: directory.file("disk.raw"))
    let script = """
      "$1" --nbd "$2" --drive name=a,size=1M --output - >"$3" 2>"$3.err" & writer=$!
      until grep -qx Ready "$3.err"; do kill -0 $writer || exit 9; sleep 0.05; done
      nbdcopy "$4" "nbd+unix:///a?socket=$2" && wait $writer
      """
    let archive = directory.file("out.vma")
    try require(tool: "nbdcopy")
    try run(["sh", "-c", script, "sh", program, socket, archive, directory.file("disk.raw")]).check()
    #expect(try String(contentsOfFile: archive + ".err", encoding: .utf8) == "Ready\n")
    try snapsh(["vma", "verify", archive]).check()

    let interrupted = try RunningProgram(
      [program, "--nbd", socket, "--drive", "name=a,size=1M", "--output", directory.file("never.vma")],
      outputIn: directory.path, name: "interrupted")
    try interrupted.waitForOutput("Ready\n")
    kill(interrupted.processID, SIGINT)
    #expect(try interrupted.waitForEnd() == 130)
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(!left.contains { $0.contains("never.vma") || $0 == "nbd.sock" })
  }
}
