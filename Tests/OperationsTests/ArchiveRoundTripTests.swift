import DiskIO
import Foundation
import Operations
import TestSupport
import Testing
import VMA

@Suite("Disks into an archive and out again")
struct ArchiveRoundTripTests {
  let fixture: ArchiveFixture

  init() throws { fixture = try ArchiveFixture() }

  /// What a disk holds in these tests.
  enum Content: CaseIterable {
    case zeros, random, scattered
  }

  private func disk(_ content: Content, size: Int) -> TestDisk {
    var disk = TestDisk(size: size)
    switch content {
    case .zeros: break
    case .random: disk.fill(0..<size)
    case .scattered:
      for start in stride(from: 4096, to: size, by: max(131_072, size / 16)) {
        disk.fill(start..<min(start + 4096, size), seed: UInt64(start))
      }
      disk.fill(max(0, size - 100)..<size, seed: 3)
    }
    return disk
  }

  @Test(
    "a disk comes back byte for byte, verified, whatever its size and content",
    arguments: [512, 4096 + 512, 65536 - 512, 65536, 65536 + 512, 4 << 20, 5_000_192], Content.allCases)
  func sizes(size: Int, content: Content) throws {
    let disk = disk(content, size: size)
    let path = try fixture.create([fixture.device("drive-scsi0", disk)])
    let report = try fixture.open(path).read(progress: nil)
    #expect(report.proof == .content)
    let result = try fixture.extract(path)
    #expect(result.disks.map(\.size) == [UInt64(size)])
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-scsi0.raw")) == disk.bytes)
    #expect(fixture.entries(of: "out") == ["disk-drive-scsi0.raw"])
  }

  @Test("a disk of 100 MiB and 12 KiB comes back, as sparse as it was")
  func large() throws {
    let source = fixture.directory.file("source-large.raw")
    let data = try fixture.directory.write(TestDisk.random(size: 12288).bytes, to: "source-data")
    try run(["truncate", "-s", "104869888", source]).check()
    for block in [0, 700, 12_345, 25_600] {
      try run(["dd", "if=\(data)", "of=\(source)", "bs=4096", "seek=\(block)", "conv=notrunc"]).check()
    }
    let device = ArchiveContents.Device(disk: "drive-virtio0", try RawImage(path: source))
    _ = try fixture.extract(fixture.create([device]))
    let extracted = fixture.directory.file("out/disk-drive-virtio0.raw")
    try run(["cmp", source, extracted]).check()
    var status = stat()
    #expect(stat(extracted, &status) == 0)
    #expect(status.st_size == 104_869_888)
    #expect(status.st_blocks * 512 <= 16 * 4096, "\(status.st_blocks) sectors are allocated")
  }

  @Test("several disks and configs come back under their names, in the order given")
  func several() throws {
    let first = TestDisk.random(size: 200_192, seed: 1)
    let second = TestDisk.random(size: 70_144, seed: 2)
    let config = ArchiveConfig(name: "qemu-server.conf", data: Array("name: x\n".utf8))
    let path = try fixture.create(
      [fixture.device("drive-b", first), fixture.device("drive-a", second)], configs: [config])
    let result = try fixture.extract(path)
    #expect(result.disks.map(\.device) == ["drive-b", "drive-a"])
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-b.raw")) == first.bytes)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-a.raw")) == second.bytes)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/qemu-server.conf")) == config.data)
  }

  @Test("254 devices fit, and one more is refused before a file is made")
  func manyDevices() throws {
    let disks = (0..<255).map { TestDisk.random(size: 4096, seed: UInt64($0 + 1)) }
    let devices = try disks.enumerated().map { try fixture.device("d\($0)", $1) }
    #expect(throws: ArchiveOperationError.tooManyDevices(255)) { try fixture.create(devices) }
    #expect(fixture.entries.isEmpty)
    let path = try fixture.create(Array(devices.dropLast()))
    _ = try fixture.extract(path)
    for (index, disk) in disks.dropLast().enumerated() {
      #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-d\(index).raw")) == disk.bytes)
    }
  }

  @Test("a memory stream keeps its zero blocks and its true length")
  func memory() throws {
    var stream = TestDisk(size: 133_000)
    stream.fill(0..<5000)
    stream.fill(90_000..<100_001)
    let source = fixture.directory.file("source-memory")
    try stream.write(to: source)
    let path = try fixture.create([
      ArchiveContents.Device(memory: RawImage(path: source)),
      fixture.device("drive-scsi0", TestDisk.random(size: 65536)),
    ])
    let archive = try fixture.open(path)
    #expect(archive.header.devices.first?.size == 133_120)
    #expect(
      ArchiveManifest(of: archive.header)
        == ArchiveManifest(
          memory: .init(device: "vmstate", length: 133_000),
          disks: [.init(device: "drive-scsi0", size: 65536)]))
    let memory = try fixture.extract(path).memory
    #expect(memory?.length == 133_000)
    #expect(memory?.isExactLength == true)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/vmstate.bin")) == stream.bytes)
  }

  @Test("a qcow2 chain is archived as the guest sees it")
  func chain() throws {
    var disk = TestDisk.random(size: 1 << 20)
    let base = fixture.directory.file("source-base.raw")
    try disk.write(to: base)
    let top = fixture.directory.file("source-top.qcow2")
    try run(["qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "raw", top, "3M"]).check()
    try run(["qemu-io", "-f", "qcow2", "-c", "write -P 0x77 2M 64k", top]).check()
    disk.bytes += [UInt8](repeating: 0, count: 2 << 20)
    disk.bytes.replaceSubrange(2 << 20..<2 << 20 + 65536, with: repeatElement(0x77, count: 65536))
    let source = try DiskImage.open(path: top, format: .qcow2)
    let path = try fixture.create([ArchiveContents.Device(disk: "drive-virtio0", source)])
    _ = try fixture.extract(path)
    #expect(try TestDisk.contents(of: fixture.directory.file("out/disk-drive-virtio0.raw")) == disk.bytes)
  }

  @Test("disks can be extracted as qcow2, which qemu-img finds clean and equal")
  func qcow2() throws {
    var disk = TestDisk(size: 6 << 20 + 512)
    disk.fill(0..<1_500_000)
    disk.fill(5 << 20..<disk.bytes.count, seed: 9)
    let path = try fixture.create([fixture.device("drive-virtio0", disk)])
    let result = try fixture.extract(path, format: .qcow2)
    let image = fixture.directory.file("out/disk-drive-virtio0.qcow2")
    #expect(result.disks.map(\.path) == [image])
    #expect(fixture.entries(of: "out") == ["disk-drive-virtio0.qcow2"])
    try run(["qemu-img", "check", "-f", "qcow2", image]).check()
    let source = fixture.directory.file("source-drive-virtio0.raw")
    try run(["qemu-img", "compare", "-f", "raw", "-F", "qcow2", source, image]).check()
  }

  @Test("only the devices asked for are extracted")
  func selection() throws {
    let path = try fixture.create([
      fixture.device("drive-a", TestDisk.random(size: 65536)),
      fixture.device("drive-b", TestDisk(size: 65536)),
    ])
    _ = try fixture.extract(path, devices: ["drive-b"])
    #expect(fixture.entries(of: "out") == ["disk-drive-b.raw"])
  }

  @Test("progress goes up to all of it, holes included")
  func progress() throws {
    final class Record: ProgressReceiver {
      var all: [OperationProgress] = []
      func report(_ progress: OperationProgress) { all.append(progress) }
    }
    var disk = TestDisk(size: 20 << 20)
    disk.fill(0..<6 << 20)
    let record = Record()
    try fixture.create([fixture.device("drive-a", disk)], progress: record)
    #expect(record.all.count > 2)
    #expect(record.all.map(\.completed) == record.all.map(\.completed).sorted())
    #expect(record.all.last == OperationProgress(completed: 20 << 20, total: 20 << 20, zeros: 14 << 20))
    #expect(record.all.last?.percent == 100)
  }
}
