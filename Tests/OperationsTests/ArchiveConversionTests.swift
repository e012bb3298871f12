import Compression
import Foundation
import Operations
import TestSupport
import Testing

@testable import VMA

@Suite("Archives packed anew, compared, and read in part")
struct ArchiveConversionTests {
  let fixture: ArchiveFixture
  let disk: TestDisk
  private let cluster = 65536

  init() throws {
    fixture = try ArchiveFixture()
    var disk = TestDisk(size: (9 << 20) + 512)
    disk.fill(0..<3 << 20, seed: 1)
    disk.fill(6 << 20..<(6 << 20) + 8192, seed: 2)
    disk.fill(9 << 20..<(9 << 20) + 512, seed: 3)
    self.disk = disk
  }

  /// An archive as other programs leave it: two devices in turn, clusters out of order, no digests.
  private func foreign(_ name: String = "foreign.vma") throws -> String {
    let path = fixture.directory.file(name)
    let header = ArchiveHeader(
      uuid: .random(), creationTime: 1_600_000_000, configs: [.init(name: "a.conf", data: [1, 2])],
      devices: [
        ArchiveDevice(id: 2, name: "drive-b", size: UInt64(disk.bytes.count)),
        ArchiveDevice(id: 5, name: "drive-a", size: UInt64(disk.bytes.count)),
      ], integrity: .none)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let writer = try ArchiveWriter(
      header: header, output: DescriptorOutput(.init(rawValue: file.fileDescriptor)))
    let last = Int(header.devices[0].clusterCount) - 1
    for number in 0...last {
      for device in header.devices {
        // 0, last, 1, last - 1, …
        let cluster = number % 2 == 0 ? number / 2 : last - number / 2
        let end = min(disk.bytes.count, (cluster + 1) * self.cluster)
        try disk.bytes[cluster * self.cluster..<end].withUnsafeBytes {
          try writer.appendClusters(device: device.id, first: UInt64(cluster), bytes: $0)
        }
      }
    }
    _ = try writer.finish()
    try file.close()
    return path
  }

  private func convert(
    _ path: String, to name: String, identity: ArchiveIdentity = .fresh, compression: String? = nil
  ) throws -> ArchiveConversion.Result {
    try ArchiveConversion(
      identity: identity, compression: compression.map { try CompressionSetting($0) }, progress: nil,
      cancellation: Cancellation()
    ).run(from: path, to: .path(fixture.directory.file(name)))
  }

  private func index(_ path: String) throws -> IndexedArchive {
    try IndexedArchive(path: path, cancellation: Cancellation())
  }

  @Test("comes out in order, with digests, and with the identity, configs and devices that it had")
  func ordered() throws {
    let old = try foreign()
    let result = try convert(old, to: "new.vma")
    #expect(!result.wasChecked)
    let before = try index(old)
    let after = try index(fixture.directory.file("new.vma"))
    #expect(after.index.header.uuid == before.index.header.uuid)
    #expect(after.index.header.creationTime == 1_600_000_000)
    #expect(after.index.header.configs == before.index.header.configs)
    #expect(after.index.header.devices.map(\.name) == ["drive-b", "drive-a"])
    #expect(after.index.header.integrity == .digests)
    #expect(after.index.runCount < before.index.runCount)
    let report = try fixture.open(fixture.directory.file("new.vma")).read(progress: nil)
    #expect(report.proof == .content)
    // The same disks archived directly, but for the identity.
    let extracted = try fixture.extract(fixture.directory.file("new.vma"))
    for disk in extracted.disks { #expect(try TestDisk.contents(of: disk.path) == self.disk.bytes) }
  }

  @Test("what was compressed is unpacked, what shall be is compressed, and nothing else is left")
  func compressed() throws {
    let old = try foreign()
    _ = try convert(old, to: "packed.vma.zst", compression: "zstd:1")
    let names = fixture.entries
    let result = try convert(
      fixture.directory.file("packed.vma.zst"), to: "plain.vma", identity: .init(isReproducible: true))
    #expect(result.wasChecked)
    #expect(fixture.entries == names + ["plain.vma"])
    let again = try convert(old, to: "again.vma", identity: .init(isReproducible: true))
    #expect(again.uuid == result.uuid)
    #expect(
      try TestDisk.contents(of: fixture.directory.file("again.vma"))
        == TestDisk.contents(of: fixture.directory.file("plain.vma")))
  }

  @Test("an archive that is damaged or lacks clusters is not packed anew")
  func damaged() throws {
    let good = try fixture.create([fixture.device("drive-a", disk)])
    var bytes = try TestDisk.contents(of: good)
    bytes[2 << 20] ^= 1
    let bad = fixture.directory.file("bad.vma")
    try Data(bytes).write(to: URL(fileURLWithPath: bad))
    #expect(throws: (any Error).self) { _ = try convert(bad, to: "out.vma") }
    let cut = fixture.directory.file("cut.vma")
    try Data(try TestDisk.contents(of: foreign()).prefix(1 << 20)).write(to: URL(fileURLWithPath: cut))
    #expect(throws: (any Error).self) { _ = try convert(cut, to: "out.vma") }
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("out.vma")))
  }

  // MARK: - Comparing

  private func compare(
    _ first: String, _ second: String, devices: [String]? = nil, trusts: Bool = true
  ) throws -> [ArchiveComparison.Device] {
    try ArchiveComparison(index(first), index(second), devices: devices, trustsDigests: trusts)
      .run(cancellation: Cancellation(), progress: nil)
  }

  @Test("an archive and its conversion are the same, whatever the order and with digests or without")
  func same() throws {
    let old = try foreign()
    _ = try convert(old, to: "new.vma")
    _ = try convert(old, to: "other.vma", identity: .init(uuid: .random()))
    let new = fixture.directory.file("new.vma")
    let byContent = try compare(old, new)
    #expect(byContent.allSatisfy { $0.isEqual && !$0.isByDigest })
    let byDigest = try compare(new, fixture.directory.file("other.vma"))
    #expect(byDigest.allSatisfy { $0.isEqual && $0.isByDigest })
    #expect(
      try compare(new, fixture.directory.file("other.vma"), trusts: false).allSatisfy {
        $0.isEqual && !$0.isByDigest
      })
  }

  @Test(
    "what differs is told in runs of blocks, the same by digests and by content", arguments: [true, false])
  func different(trusts: Bool) throws {
    let first = try fixture.create([fixture.device("a", disk), fixture.device("b", disk)], name: "1.vma")
    var changed = disk
    changed.bytes[4097] ^= 1
    changed.bytes[8191] ^= 1
    changed.bytes[8192] ^= 1
    // A hole that is filled, data that becomes a hole, and the last sector.
    changed.fill(5 << 20..<(5 << 20) + 4096, seed: 7)
    for place in 6 << 20..<(6 << 20) + 4096 { changed.bytes[place] = 0 }
    changed.bytes[(9 << 20) + 511] ^= 1
    let second = try fixture.create(
      [fixture.device("a", changed), fixture.device("b", disk)], name: "2.vma")
    let found = try compare(first, second, trusts: trusts)
    typealias Run = ArchiveComparison.Run
    #expect(
      found[0].runs == [
        Run(offset: 4096, length: 8192), Run(offset: 5 << 20, length: 4096),
        Run(offset: 6 << 20, length: 4096), Run(offset: 9 << 20, length: 512),
      ])
    #expect(found[0].differingBytes == 8192 + 4096 + 4096 + 512)
    #expect(found[1].isEqual)
    #expect(found[1].isByDigest == trusts)
    #expect(try compare(first, second, devices: ["b"]).map(\.name) == ["b"])
  }

  @Test("two devices that have changed names differ, though each extent is the other archive's own")
  func exchanged() throws {
    let (x, y) = (TestDisk.random(size: 200_192, seed: 1), TestDisk.random(size: 200_192, seed: 2))
    let first = try fixture.create([fixture.device("a", x), fixture.device("b", y)], name: "1.vma")
    let second = try fixture.create([fixture.device("b", x), fixture.device("a", y)], name: "2.vma")
    for trusts in [true, false] {
      let found = try compare(first, second, trusts: trusts)
      #expect(found.map(\.isEqual) == [false, false])
      #expect(found.map(\.differingBytes) == [200_192, 200_192])
    }
  }

  @Test("devices that only one archive has, and other sizes, are differences")
  func shapes() throws {
    let small = TestDisk(size: 1 << 20)
    var large = small
    large.bytes += [UInt8](repeating: 0, count: 512)
    let first = try fixture.create([fixture.device("a", small), fixture.device("x", small)], name: "1.vma")
    let second = try fixture.create([fixture.device("a", large), fixture.device("y", small)], name: "2.vma")
    let found = try compare(first, second)
    #expect(found.map(\.name) == ["a", "x", "y"])
    #expect(found.map(\.isEqual) == [false, false, false])
    #expect(found[0].runs == [.init(offset: 1 << 20, length: 512)])
    #expect(found[1].secondSize == nil)
    #expect(found[2].firstSize == nil)
    #expect(throws: ArchiveOperationError.unknownDevices(["z"], known: ["a", "x", "y"])) {
      _ = try compare(first, second, devices: ["z"])
    }
  }

  // MARK: - A part

  private func part(
    of path: String, _ offset: UInt64, _ length: UInt64?, device: String = "drive-a", toFile: Bool = false
  ) throws -> [UInt8] {
    let extraction = RangeExtraction(
      device: device, offset: offset, length: length, cancellation: Cancellation())
    if toFile {
      let file = fixture.directory.file("part-\(offset)")
      _ = try extraction.run(from: path, to: .file(file), progress: nil)
      return try TestDisk.contents(of: file)
    }
    var bytes: [UInt8] = []
    _ = try extraction.run(from: path, to: .output { bytes += Array($0) }, progress: nil)
    return bytes
  }

  @Test("a range comes out byte for byte, also of a compressed archive, to a file and in order")
  func range() throws {
    let plain = try fixture.create([fixture.device("drive-a", disk)])
    _ = try convert(plain, to: "packed.vma.zst", compression: "zstd:1")
    let packed = fixture.directory.file("packed.vma.zst")
    let ranges: [(Int, Int)] = [
      (0, 512), (4095, 2), ((3 << 20) - 10, 100_000), (5 << 20, (2 << 20) + 7), ((9 << 20) + 500, 12),
    ]
    for (offset, length) in ranges {
      let wanted = Array(disk.bytes[offset..<offset + length])
      #expect(try part(of: plain, UInt64(offset), UInt64(length)) == wanted)
      #expect(try part(of: packed, UInt64(offset), UInt64(length)) == wanted)
      #expect(try part(of: plain, UInt64(offset), UInt64(length), toFile: true) == wanted)
    }
    #expect(try part(of: plain, 8 << 20, nil) == Array(disk.bytes[(8 << 20)...]))
    let size = UInt64(disk.bytes.count)
    for offset in [size, size + 1, .max] {
      #expect(throws: ArchiveOperationError.self) { _ = try part(of: plain, offset, 1) }
    }
    #expect(try part(of: plain, size, nil).isEmpty)
  }

  @Test(
    "of a memory stream that is shorter than its bound the same comes out of a plain and a compressed archive"
  )
  func memoryRange() throws {
    let path = fixture.directory.file("memory.vma")
    // As vma-writer makes it through a pipe: nothing but a bound is known when the header is written.
    let header = ArchiveHeader(
      uuid: .random(), creationTime: 1_600_000_000, configs: [],
      devices: [ArchiveDevice(id: 1, name: "vmstate", size: 1 << 40)], integrity: .none)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let writer = try ArchiveWriter(
      header: header, output: DescriptorOutput(.init(rawValue: file.fileDescriptor)))
    let stream = TestDisk.random(size: 3 * cluster).bytes
    try stream.withUnsafeBytes { try writer.appendClusters(device: 1, first: 0, bytes: $0) }
    _ = try writer.finish()
    try file.close()
    let packed = path + ".zst"
    try run(["zstd", "-q", path, "-o", packed]).check()
    for archive in [path, packed] {
      for toFile in [false, true] {
        #expect(
          try part(of: archive, 1000, nil, device: "vmstate", toFile: toFile) == Array(stream[1000...]))
        if toFile { try FileManager.default.removeItem(atPath: fixture.directory.file("part-1000")) }
        #expect(
          throws: ArchiveOperationError.rangeOutside(
            device: "vmstate", end: UInt64(stream.count) + 1, size: UInt64(stream.count))
        ) {
          _ = try part(of: archive, 1001, UInt64(stream.count) - 1000, device: "vmstate", toFile: toFile)
        }
      }
    }
    #expect(!fixture.entries.contains("part-1001"))
  }

  @Test("of an archive in no order a range still comes out, but not through a pipe to a pipe")
  func disorderedRange() throws {
    let old = try foreign()
    #expect(try part(of: old, 1000, 3_000_000) == Array(disk.bytes[1000..<3_001_000]))
    let packed = fixture.directory.file("old.vma.zst")
    try run(["zstd", "-q", old, "-o", packed]).check()
    #expect(try part(of: packed, 1000, 3_000_000, toFile: true) == Array(disk.bytes[1000..<3_001_000]))
    #expect(throws: ArchiveOperationError.rangeOutOfOrder(path: packed)) {
      _ = try part(of: packed, 1000, 9_400_000)
    }
  }
}
