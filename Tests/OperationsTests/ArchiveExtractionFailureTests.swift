import DiskIO
import Foundation
import Operations
import TestSupport
import Testing
import VMA

@Suite("Archives that cannot be extracted leave nothing behind")
struct ArchiveExtractionFailureTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  private func smallArchive() throws -> String {
    var disk = TestDisk(size: 300_032)
    disk.fill(0..<20_000)
    disk.fill(200_000..<220_000)
    let config = ArchiveConfig(name: "qemu-server.conf", data: Array("name: x\n".utf8))
    return try fixture.create(
      [fixture.device("drive-a", disk), fixture.device("drive-b", TestDisk.random(size: 4096))],
      configs: [config])
  }

  @Test("an archive cut anywhere is an error, and no file or directory stays")
  func cut() throws {
    let archive = try TestDisk.contents(of: smallArchive())
    // Every 512 bytes is every boundary of the format, and a byte beside it is inside of something.
    for end in stride(from: 0, to: archive.count, by: 512) {
      for length in [end, end + 1] where length < archive.count {
        let path = try fixture.directory.write(archive[..<length], to: "cut.vma")
        #expect(throws: ArchiveOperationError.self, "cut at \(length)") { try fixture.extract(path) }
        #expect(fixture.entries(of: "out").isEmpty && !fixture.entries.contains("out"), "cut at \(length)")
      }
    }
  }

  @Test("a changed byte of data is an error, and nothing stays")
  func changed() throws {
    var archive = try TestDisk.contents(of: smallArchive())
    let path = fixture.directory.file("changed.vma")
    archive[archive.count - 5000] ^= 1
    try Data(archive).write(to: URL(fileURLWithPath: path))
    #expect(throws: ArchiveOperationError.self) { try fixture.extract(path) }
    #expect(!fixture.entries.contains("out"))
  }

  @Test("a cancellation leaves nothing")
  func cancelled() throws {
    let path = try smallArchive()
    do {
      let archive = try fixture.open(path)
      let extraction = try ArchiveExtraction(archive, into: fixture.directory.file("out"), devices: nil)
      _ = try extraction.makeImages(format: .raw)
      #expect(fixture.entries(of: "out").contains("tmp-disk-drive-a.raw"))
      fixture.cancellation.cancel()
      #expect(throws: CancelledError()) { try extraction.run(progress: nil) }
    }
    #expect(!fixture.entries.contains("out"))
  }

  @Test("a failure in a qcow2 takes it away, and its server with it")
  func qcow2() throws {
    let archive = try TestDisk.contents(of: smallArchive())
    let path = try fixture.directory.write(archive[..<(archive.count - 512)], to: "cut.vma")
    #expect(throws: ArchiveOperationError.self) { try fixture.extract(path, format: .qcow2) }
    #expect(!fixture.entries.contains("out"))
    let servers = try run(["pgrep", "-f", fixture.directory.path]).stdout
    #expect(servers.isEmpty)
  }

  @Test("a directory that exists is refused in the words of Proxmox's tool, and stays as it is")
  func directoryExists() throws {
    let path = try smallArchive()
    let out = fixture.directory.file("out")
    try fixture.directory.write(text: "precious", to: "out/mine")
    let error = #expect(throws: ArchiveOperationError.self) { try fixture.extract(path) }
    #expect(error?.description == "unable to create target directory \(out) - File exists")
    #expect(fixture.entries(of: "out") == ["mine"])
  }

  @Test("unknown names in the list of devices are an error before anything is made")
  func unknown() throws {
    let path = try smallArchive()
    let error = #expect(throws: ArchiveOperationError.self) {
      try fixture.extract(path, devices: ["drive-a", "drive-x"])
    }
    #expect(error?.description == "the archive has no device 'drive-x'; it has 'drive-a', 'drive-b'")
    #expect(!fixture.entries.contains("out"))
  }

  @Test("a config that takes the name of a disk's file is refused, and nothing stays")
  func collision() throws {
    for name in ["disk-drive-a.raw", "tmp-disk-drive-a.raw", "vmstate.bin"] {
      let stream = fixture.directory.file("source-memory")
      try TestDisk.random(size: 1000).write(to: stream)
      let path = try fixture.create(
        [
          fixture.device("drive-a", TestDisk.random(size: 65536)),
          ArchiveContents.Device(memory: RawImage(path: stream)),
        ], configs: [ArchiveConfig(name: name, data: [1])], name: name + ".vma")
      #expect(throws: DiskIOError.exists(path: fixture.directory.file("out/" + name))) {
        try fixture.extract(path)
      }
      #expect(!fixture.entries.contains("out"))
    }
  }

  @Test("a memory length that the archive does not hold is refused")
  func memoryLength() throws {
    let manifest = ArchiveManifest(memory: .init(device: "vmstate", length: 1 << 40), disks: [])
    let header = ArchiveHeader(
      uuid: .random(), creationTime: 0, configs: [try manifest.config()],
      devices: [ArchiveDevice(id: 1, name: "vmstate", size: 65536)])
    let path = fixture.directory.file("memory.vma")
    let file = try PartialFile(path: path)
    let writer = try ArchiveWriter(header: header, output: DescriptorOutput(file.descriptor))
    try writer.appendZeroClusters(device: 1, clusters: 0..<1)
    _ = try writer.finish()
    try file.complete()
    let error = #expect(throws: ArchiveOperationError.self) { try fixture.extract(path) }
    #expect(error == .memoryLength(recorded: 1 << 40, held: 65536))
    #expect(!fixture.entries.contains("out"))
  }

  @Test("what is no archive is refused by what it is")
  func noArchive() throws {
    #expect(throws: ArchiveOperationError.self) { try fixture.open(fixture.directory.path) }
    #expect(
      throws: ArchiveOperationError.file(
        operation: "open", path: fixture.directory.file("none"), errno: .noSuchFileOrDirectory)
    ) { try fixture.open(fixture.directory.file("none")) }
    #expect(throws: ArchiveOperationError.self) { try fixture.open("/dev/null") }
    #expect(throws: ArchiveOperationError.self) { try fixture.open("/dev/zero") }
  }
}
