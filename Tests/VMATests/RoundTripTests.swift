import Testing

@testable import VMA

/// What goes into an archive comes out of it, whatever its size, content and order.
@Suite struct RoundTripTests {
  static let oddSizes = [512, 4096, 4608, 12288, 65024, 65536, 66048, 58 * 65536, 59 * 65536 + 512]

  @Test("a disk of random bytes comes back", arguments: oddSizes)
  func random(size: Int) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let image = generator.bytes(size)
    let archive = try Archive.make([("drive-scsi0", image)])
    let (images, report) = try Archive.extract(archive)
    #expect(isSame(images["drive-scsi0"], image))
    #expect(report.proof == .content)
    #expect(report.devices[0].storedBlocks == Layout.blocks(in: UInt64(size)))
    #expect(report.devices[0].zeroBlocks == 0)
  }

  @Test("a disk of zeros comes back and stores no block", arguments: oddSizes)
  func zero(size: Int) throws {
    let image = filled(size)
    let archive = try Archive.make([("drive-scsi0", image)])
    let (images, report) = try Archive.extract(archive)
    #expect(isSame(images["drive-scsi0"], image))
    #expect(report.proof == .content)
    #expect(report.devices[0].storedBlocks == 0)
    #expect(report.devices[0].digest == ContentDigest())
  }

  @Test("a sparse disk of 100 MiB and 12 KiB comes back, its holes never read")
  func sparse() throws {
    let size = 100 << 20 + 12 << 10
    var generator = SeededGenerator(seed: 7)
    var image = filled(size)
    let data: [UInt64] = [0, 17, 18, 400, 401, 402, 1599]
    for cluster in data {
      let block = Int(cluster) * 65536 + Int.random(in: 0..<16, using: &generator) * 4096
      image.replaceSubrange(block..<block + 4096, with: generator.bytes(4096))
    }
    image[size - 1] = 1
    let output = MemoryOutput()
    let header = Archive.header([("drive-scsi0", size)])
    let writer = try ArchiveWriter(header: header, output: output)
    var filled: [UInt64] = []
    var next: UInt64 = 0
    for cluster in data + [1600] {
      try writer.appendZeroClusters(device: 1, clusters: next..<cluster)
      try writer.appendClusters(device: 1, clusters: cluster..<cluster + 1) { buffer, offset in
        filled.append(offset / 65536)
        image.withUnsafeBytes { copy($0.slice(Int(offset), buffer.count), to: buffer) }
      }
      next = cluster + 1
    }
    let summary = try writer.finish()
    let (images, report) = try Archive.extract(output.bytes)
    #expect(isSame(images["drive-scsi0"], image))
    #expect(filled == data + [1600])
    #expect(summary.devices == report.devices)
    #expect(summary.bytesWritten == UInt64(output.bytes.count))
    #expect(summary.extents == report.extents)
    #expect(report.devices[0].storedBlocks == 8)
  }

  @Test("254 devices come back, each with its own content")
  func manyDevices() throws {
    var generator = SeededGenerator(seed: 254)
    let images = (1...254).map { ("drive-\($0)", generator.bytes(512 * (1 + $0 % 20))) }
    let (found, report) = try Archive.extract(Archive.make(images))
    #expect(found == Dictionary(uniqueKeysWithValues: images))
    #expect(report.proof == .content)
    #expect(report.devices.count == 254)
  }

  @Test("clusters may come in any order, from several devices in turn")
  func shuffled() throws {
    var generator = SeededGenerator(seed: 11)
    let sizes = [70 * 65536, 9 * 65536 + 8192 + 512, 130 * 65536]
    let images = sizes.map { size in
      var image = generator.bytes(size)
      // A third of the blocks are zero, so that most clusters are mixed.
      for block in 0..<size / 4096 where Int.random(in: 0..<3, using: &generator) == 0 {
        image.replaceSubrange(block * 4096..<block * 4096 + 4096, with: repeatElement(0, count: 4096))
      }
      return image
    }
    let header = Archive.header(sizes.enumerated().map { ("disk\($0.offset)", $0.element) })
    var clusters = header.devices.flatMap { device in (0..<device.clusterCount).map { (device.id, $0) } }
    clusters.shuffle(using: &generator)
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: header, output: output)
    for (device, cluster) in clusters {
      try writer.append(cluster..<cluster + 1, of: images[Int(device) - 1], device: device)
    }
    _ = try writer.finish()
    let (found, report) = try Archive.extract(output.bytes, atMost: 10_000)
    for (index, image) in images.enumerated() {
      #expect(isSame(found["disk\(index)"], image))
      var digest = ContentDigest()
      image.withUnsafeBytes { digest.add($0, at: 0) }
      #expect(report.devices[index].digest == digest, "the digest knows no order")
    }
  }

  @Test("device ids may have gaps and come in any order")
  func gaps() throws {
    let header = ArchiveHeader(
      uuid: .random(), creationTime: -1,
      devices: [
        ArchiveDevice(id: 254, name: "last", size: 512), ArchiveDevice(id: 7, name: "seven", size: 1024),
      ])
    let output = MemoryOutput()
    let writer = try ArchiveWriter(header: header, output: output)
    for device in header.devices {
      try writer.appendClusters(device: device.id, clusters: 0..<1) { buffer, _ in
        buffer.copyBytes(from: repeatElement(device.id, count: buffer.count))
      }
    }
    _ = try writer.finish()
    let (images, report) = try Archive.extract(output.bytes)
    #expect(images == ["seven": Array(repeating: 7, count: 1024), "last": Array(repeating: 254, count: 512)])
    #expect(report.devices.map(\.device.id) == [7, 254])
    #expect(try ArchiveHeader(decoding: output.bytes).creationTime == -1)
  }

  @Test("an archive without digests can be written too, and says what it cannot prove")
  func withoutDigests() throws {
    var generator = SeededGenerator(seed: 3)
    let image = generator.bytes(100_352)
    let archive = try Archive.make([("drive-scsi0", image)], integrity: .none)
    let (images, report) = try Archive.extract(archive)
    #expect(isSame(images["drive-scsi0"], image))
    #expect(report.proof == .structure(.noDigests))
    #expect(report.extents == 1)
  }

  @Test("an archive without devices carries its configs")
  func configsOnly() throws {
    let config = ArchiveConfig(name: "a.conf", data: [])
    let archive = try Archive.make([], configs: [config])
    let (images, report) = try Archive.extract(archive)
    #expect(images.isEmpty)
    #expect(report.proof == .content)
    #expect(try ArchiveHeader(decoding: archive).configs == [config])
  }

  @Test("the structure alone can be checked, and the report says so")
  func structureOnly() throws {
    let archive = try Archive.make([("drive-scsi0", Array(repeating: 1, count: 65536))])
    let report = try Archive.verify(archive, checking: .structure)
    #expect(report.proof == .structure(.notAskedFor))
    #expect(report.devices[0].digest == nil)
    #expect(report.devices[0].storedBlocks == 16)
  }

  @Test("neighbouring data is handed out in one run, and zeros go on over extents")
  func coalesced() throws {
    let image = filled(40 * 65536, with: 1) + filled(200 * 65536)
    let reader = try ArchiveReader(input: MemoryInput(Archive.make([("d", image)])))
    var runs: [String] = []
    _ = try reader.read { run in
      switch run.content {
      case .data(let bytes): runs.append("data \(run.offset) \(bytes.count)")
      case .zeros(let count): runs.append("zeros \(run.offset) \(count)")
      }
    }
    #expect(runs == ["data 0 2621440", "zeros 2621440 13107200"])
  }

  @Test("progress ends at the archive's length, and what it throws ends the reading")
  func progress() throws {
    struct Stop: Error {}
    var generator = SeededGenerator(seed: 5)
    let archive = try Archive.make([("d", generator.bytes(200 * 65536))])
    var seen: [ArchiveProgress] = []
    _ = try ArchiveVerifier.verify(MemoryInput(archive)) { seen.append($0) }
    #expect(seen.last == ArchiveProgress(archiveBytes: UInt64(archive.count), clusters: 200))
    #expect(seen.count > 2)
    #expect(throws: Stop.self) {
      try ArchiveVerifier.verify(MemoryInput(archive)) { _ in throw Stop() }
    }
  }
}
