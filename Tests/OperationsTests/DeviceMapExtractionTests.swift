import DiskIO
import Foundation
import Operations
import TestSupport
import Testing

@Suite("Disks restored into existing images")
struct DeviceMapExtractionTests {
  let fixture: ArchiveFixture
  let disk: TestDisk
  let archive: String

  init() throws {
    fixture = try ArchiveFixture()
    var disk = TestDisk(size: 1_000_448)
    disk.fill(0..<100_000)
    disk.fill(900_000..<1_000_448, seed: 5)
    self.disk = disk
    archive = try fixture.create([
      fixture.device("drive-a", disk), fixture.device("drive-b", TestDisk.random(size: 65536)),
    ])
  }

  private func restore(_ map: [DeviceMapEntry]) throws {
    let extraction = try ArchiveExtraction(
      fixture.open(archive), into: fixture.directory.file("out"), devices: nil)
    try extraction.openTargets(map)
    _ = try extraction.run(progress: nil)
  }

  private func target(_ device: String, _ path: String, format: String? = nil, isKnownZero: Bool)
    -> DeviceMapEntry
  {
    .target(device: device, path: path, format: format, isKnownZero: isKnownZero)
  }

  @Test("old content is written over, zeros included, where the target is not known to be zero")
  func dirtyTarget() throws {
    let path = fixture.directory.file("target.raw")
    var old = TestDisk.random(size: disk.bytes.count + 4096, seed: 77)
    try old.write(to: path)
    try restore([target("drive-a", path, isKnownZero: false), .skip(device: "drive-b")])
    // What lies behind the disk's end is nobody's business.
    old.bytes.replaceSubrange(0..<disk.bytes.count, with: disk.bytes)
    #expect(try TestDisk.contents(of: path) == old.bytes)
    #expect(fixture.entries(of: "out").isEmpty)
  }

  @Test("a qcow2 target is written through QEMU")
  func qcow2Target() throws {
    let path = fixture.directory.file("target.qcow2")
    try run(["qemu-img", "create", "-f", "qcow2", path, String(disk.bytes.count)]).check()
    try restore([
      target("drive-a", path, format: "qcow2", isKnownZero: true), .skip(device: "drive-b"),
    ])
    try run(["qemu-img", "check", "-f", "qcow2", path]).check()
    let source = fixture.directory.file("source-drive-a.raw")
    try run(["qemu-img", "compare", "-f", "raw", "-F", "qcow2", source, path]).check()
  }

  @Test("two disks never share a target, under whatever names")
  func sharedTarget() throws {
    let size = TestDisk.random(size: 65536)
    let archive = try fixture.create(
      [fixture.device("drive-c", size), fixture.device("drive-d", size)], name: "two.vma")
    let path = fixture.directory.file("target.raw")
    let before = TestDisk.random(size: 65536, seed: 77)
    try before.write(to: path)
    let link = fixture.directory.file("link.raw")
    try FileManager.default.linkItem(atPath: path, toPath: link)
    for other in [path, link] {
      let extraction = try ArchiveExtraction(
        fixture.open(archive), into: fixture.directory.file("out"), devices: nil)
      #expect(throws: ArchiveOperationError.targetTwice(device: "drive-d", path: other)) {
        try extraction.openTargets([
          target("drive-c", path, isKnownZero: false), target("drive-d", other, isKnownZero: false),
        ])
      }
    }
    #expect(try TestDisk.contents(of: path) == before.bytes)
  }

  @Test("every disk needs a target or a skip, and only those of the archive")
  func incomplete() throws {
    let error = #expect(throws: ArchiveOperationError.self) { try restore([.skip(device: "drive-a")]) }
    #expect(error?.description == "no device name mapping for drive-b")
    #expect(throws: ArchiveOperationError.unknownDevices(["drive-x"], known: ["drive-a", "drive-b"])) {
      try restore([.skip(device: "drive-x")])
    }
    #expect(!fixture.entries.contains("out"))
  }

  @Test(
    "a target must be as large as the disk, up to 4 MiB more",
    arguments: [1_000_448 - 512, 1_000_448 + (4 << 20) + 512])
  func wrongSize(size: Int) throws {
    let path = fixture.directory.file("target.raw")
    try TestDisk(size: size).write(to: path)
    let error = #expect(throws: ArchiveOperationError.self) {
      try restore([target("drive-a", path, isKnownZero: true), .skip(device: "drive-b")])
    }
    #expect(
      error?.description
        .hasPrefix("vma_reader_register_bs for stream drive-a failed - unexpected size \(size) != 1000448")
        == true)
    #expect(fixture.entries.contains("target.raw"))
    #expect(!fixture.entries.contains("out"))
  }
}
