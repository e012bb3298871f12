import Testing

@testable import VMA

/// The index of an archive, from its extents' headers and from a file.
@Suite struct ArchiveIndexTests {
  private static let cluster = 65536

  /// Two disks in 140 clusters and 3, the first a mixture of data, zeros and clusters with both.
  private static func images() -> [(name: String, bytes: [UInt8])] {
    var generator = SeededGenerator(seed: 11)
    var disk = filled(140 * cluster + 512)
    for block in [0, 1, 5, 16, 17, 40] + Array(160..<1400) + [2239, 2240] {
      disk.replaceSubrange(
        block * 4096..<min(disk.count, block * 4096 + 4096),
        with:
          generator.bytes(min(4096, disk.count - block * 4096)))
    }
    return [("disk", disk), ("small", generator.bytes(3 * cluster))]
  }

  @Test("an index counts what the archive stores and leaves out, and reads none of its data")
  func counts() throws {
    let storage = MemoryStorage(try Archive.make(Self.images()))
    let index = try ArchiveIndex(of: storage)
    let disk = index.devices[0]
    #expect(disk.storedClusters + disk.zeroClusters == 141)
    #expect(disk.absentClusters == 0)
    #expect(disk.storedBlocks == 1248)
    #expect(disk.length == UInt64(140 * Self.cluster + 512))
    #expect(index.devices[1].storedClusters == 3)
    #expect(index.extentCount == 3)
    #expect(index.digests[1] != nil)
    // The header twice, a window in front, and 512 bytes of each extent behind data.
    #expect(storage.bytesRead < 600 << 10)
  }

  @Test(
    "an archive that has lost its last extents since it was opened is told, although it never promised an end"
  )
  func shrunk() throws {
    let archive = try Archive.make(Self.images(), integrity: .none)
    let end = try #require(ArchiveIndex(of: MemoryStorage(archive)).extentOffsets.last)
    let storage = MemoryStorage(Array(archive[..<Int(end)]), openedWith: archive.count)
    #expect(throws: VMAError(.extentHeaderTruncated(have: 0), at: end)) { try ArchiveIndex(of: storage) }
  }

  @Test(
    "an archive reads in any order as it was written, with digests and without",
    arguments: [IntegrityPromise.digests, .none])
  func content(integrity: IntegrityPromise) throws {
    let images = Self.images()
    let storage = MemoryStorage(try Archive.make(images, integrity: integrity))
    let content = ArchiveContent(try ArchiveIndex(of: storage), in: storage)
    var generator = SeededGenerator(seed: 3)
    for (position, image) in images.enumerated() {
      #expect(isSame(try content.bytes(0..<image.bytes.count, ofDevice: position), image.bytes))
      for _ in 0..<60 {
        let start = Int.random(in: 0..<image.bytes.count, using: &generator)
        let range = start..<min(image.bytes.count, start + Int.random(in: 1...300_000, using: &generator))
        #expect(isSame(try content.bytes(range, ofDevice: position), Array(image.bytes[range])), "\(range)")
      }
    }
  }

  @Test("what is stored and what is zero is told by blocks, without a look at the data")
  func runs() throws {
    let storage = MemoryStorage(try Archive.make(Self.images()))
    let content = ArchiveContent(try ArchiveIndex(of: storage), in: storage)
    let before = storage.bytesRead
    let runs = try content.runs(of: 0..<UInt64(20 * 4096), ofDevice: 0, limit: 100)
    typealias Run = ArchiveContent.Run
    #expect(
      runs == [
        Run(length: 8192, isStored: true), Run(length: 12288, isStored: false),
        Run(length: 4096, isStored: true), Run(length: 10 * 4096, isStored: false),
        Run(length: 8192, isStored: true), Run(length: 8192, isStored: false),
      ])
    let first = try content.runs(of: 0..<UInt64(20 * 4096), ofDevice: 0, limit: 2)
    #expect(first == Array(runs.prefix(2)))
    let end = try content.runs(
      of: UInt64(140 * Self.cluster)..<UInt64(140 * Self.cluster + 512), ofDevice: 0, limit: 9)
    #expect(end == [Run(length: 512, isStored: true)])
    #expect(storage.bytesRead - before <= 3 * 512)
  }

  @Test("a flipped byte is an error at its extent, and the rest can be read")
  func flipped() throws {
    let images = Self.images()
    let bytes = try Archive.make(images)
    let storage = MemoryStorage(bytes)
    let content = ArchiveContent(try ArchiveIndex(of: storage), in: storage)
    let extent = CraftedArchive(bytes).extentOffsets[1]
    storage.flip(at: extent + 512 + 4096 * 20 + 7)
    #expect(throws: VMAError(.digestMismatch(extent: 1), at: UInt64(extent))) {
      _ = try content.bytes(70 * Self.cluster..<71 * Self.cluster)
    }
    #expect(isSame(try content.bytes(0..<100_000), Array(images[0].bytes[..<100_000])))
    storage.flip(at: extent + 512 + 4096 * 20 + 7)
    let range = 70 * Self.cluster..<72 * Self.cluster
    #expect(isSame(try content.bytes(range), Array(images[0].bytes[range])))
  }

  @Test("a byte that is flipped after its extent was found whole is noticed when it is read again")
  func flippedLater() throws {
    var generator = SeededGenerator(seed: 5)
    // More extents than are kept in memory.
    let disk = generator.bytes(20 * 58 * Self.cluster)
    let bytes = try Archive.make([("disk", disk)])
    let storage = MemoryStorage(bytes)
    let content = ArchiveContent(try ArchiveIndex(of: storage), in: storage)
    #expect(isSame(try content.bytes(0..<disk.count), disk))
    let before = storage.bytesRead
    #expect(isSame(try content.bytes(4097..<9000), Array(disk[4097..<9000])))
    #expect(storage.bytesRead - before == 2 * 4096, "only the blocks that are wanted are read again")
    let extent = CraftedArchive(bytes).extentOffsets[0]
    storage.flip(at: extent + 512 + 4096 * 3)
    #expect(
      throws: VMAError(.blockDigestMismatch(device: "disk", block: 3), at: UInt64(extent + 512 + 3 * 4096))
    ) {
      _ = try content.bytes(2 * 4096..<5 * 4096)
    }
  }

  @Test("clusters out of order and devices in turn are found where they are")
  func shuffled() throws {
    var generator = SeededGenerator(seed: 8)
    let images = [generator.bytes(130 * Self.cluster), generator.bytes(130 * Self.cluster)]
    let output = MemoryOutput()
    let header = Archive.header([("a", images[0].count), ("b", images[1].count)])
    let writer = try ArchiveWriter(header: header, output: output)
    for cluster in (0..<UInt64(130)).shuffled(using: &generator) {
      for device in 0..<2 {
        try writer.append(cluster..<cluster + 1, of: images[device], device: UInt8(device + 1))
      }
    }
    _ = try writer.finish()
    let storage = MemoryStorage(output.bytes)
    let index = try ArchiveIndex(of: storage)
    let content = ArchiveContent(index, in: storage)
    for device in 0..<2 {
      #expect(isSame(try content.bytes(0..<images[device].count, ofDevice: device), images[device]))
    }
    let inFile = try ArchiveIndexFile.index(
      ArchiveIndexFile.encoded(index, modified: Self.moment), of: storage, modified: Self.moment)
    #expect(inFile == index)
  }

  @Test("a terabyte of zeros is one run")
  func zeros() throws {
    let size = 1 << 40
    let output = MemoryOutput()
    let header = Archive.header([("disk", size)])
    let writer = try ArchiveWriter(header: header, output: output)
    try writer.appendZeroClusters(device: 1, clusters: 0..<UInt64(size / Self.cluster))
    _ = try writer.finish()
    let index = try ArchiveIndex(of: MemoryStorage(output.bytes))
    #expect(index.runCount == 1)
    #expect(index.memorySize < 3 << 20)
    #expect(index.devices[0].zeroClusters == 1 << 24)
    let content = ArchiveContent(index, in: MemoryStorage(output.bytes))
    #expect(
      try content.runs(of: 0..<UInt64(size), ofDevice: 0, limit: 4)
        == [ArchiveContent.Run(length: UInt64(size), isStored: false)])
  }

  @Test("clusters that are missing count as absent, and reading them is an error")
  func absent() throws {
    var crafted = CraftedArchive(
      try Archive.make([("disk", filled(3 * Self.cluster, with: 4))], integrity: .none))
    let extent = crafted.extentOffsets[0]
    // The slot in the middle is given up, and its blocks with it.
    crafted.set(0, at: CraftedArchive.slot(1, ofExtentAt: extent), size: 8)
    crafted.set(32, at: extent + 6, size: 2)
    crafted.bytes.removeLast(Self.cluster)
    try crafted.sealExtent(at: extent)
    let storage = MemoryStorage(crafted.bytes)
    let index = try ArchiveIndex(of: storage)
    #expect(index.devices[0].absentClusters == 1)
    let content = ArchiveContent(index, in: storage)
    #expect(throws: VMAError(.clusterAbsent(device: "disk", cluster: 1))) {
      _ = try content.bytes(0..<3 * Self.cluster)
    }
    #expect(isSame(try content.bytes(2 * Self.cluster..<3 * Self.cluster), filled(Self.cluster, with: 4)))
  }

  @Test("Proxmox's own archives are indexed, the memory stream as long as it is")
  func proxmox() throws {
    for name in [Samples.multiDisk, Samples.vmstate] {
      let bytes = try Samples.bytes(name)
      let (images, report) = try Archive.extract(bytes)
      let storage = MemoryStorage(bytes)
      let index = try ArchiveIndex(of: storage)
      let content = ArchiveContent(index, in: storage)
      for (position, device) in index.devices.enumerated() {
        #expect(device.length == report.devices[position].length)
        let image = try #require(images[device.device.name])
        #expect(isSame(try content.bytes(0..<image.count, ofDevice: position), image))
      }
    }
  }

  // MARK: - Hostile archives

  @Test("what a full check refuses in headers, slots and the end, an index refuses in the same words")
  func hostile() throws {
    let whole = try Archive.make([
      ("disk", filled(70 * Self.cluster, with: 9)), ("other", filled(512, with: 1)),
    ])
    let first = CraftedArchive(whole).extentOffsets[0]
    let second = CraftedArchive(whole).extentOffsets[1]
    func slot(_ number: Int) -> Int { CraftedArchive.slot(number, ofExtentAt: first) }
    let changes: [(String, Bool, (inout CraftedArchive) -> Void)] = [
      ("a cluster twice", true, { $0.set(0, at: slot(1) + 4, size: 4) }),
      ("past the end", true, { $0.set(70, at: slot(1) + 4, size: 4) }),
      ("far past the end", true, { $0.set(0xFFFF_FFFF, at: slot(1) + 4, size: 4) }),
      ("another device", true, { $0.bytes[slot(2) + 3] = 9 }),
      ("fewer blocks", true, { $0.set(0xFFFE, at: slot(3), size: 2) }),
      ("too many blocks", true, { $0.set(0xFFFF, at: first + 6, size: 2) }),
      ("another archive", true, { $0.bytes[first + 8] ^= 1 }),
      ("no digest", true, { $0.bytes[first + 506] = 0 }),
      ("a flipped bit", false, { $0.bytes[first + 77] ^= 1 }),
      ("no extent", false, { $0.bytes[first] = 0 }),
      ("cut inside of data", false, { $0.bytes.removeLast($0.bytes.count - second + 100) }),
      ("cut between extents", false, { $0.bytes.removeLast($0.bytes.count - second) }),
      ("cut inside of a header", false, { $0.bytes.removeLast(500) }),
      ("something behind", false, { $0.bytes += filled(512) }),
      ("a header alone", false, { $0.bytes.removeLast($0.bytes.count - $0.headerSize) }),
      ("half a header", false, { $0.bytes.removeLast($0.bytes.count - 9000) }),
    ]
    for (what, seals, change) in changes {
      var crafted = CraftedArchive(whole)
      change(&crafted)
      if seals { try crafted.sealExtent(at: first) }
      let expected = try #require(Archive.complaint(crafted.bytes, checking: .structure), "\(what)")
      #expect(throws: expected, "\(what)") { _ = try ArchiveIndex(of: MemoryStorage(crafted.bytes)) }
    }
  }

  @Test("an archive in so little order that its index would be too large is refused")
  func tooLarge() throws {
    let output = MemoryOutput()
    let header = Archive.header([("disk", 64 * Self.cluster)])
    let writer = try ArchiveWriter(header: header, output: output)
    let image = filled(64 * Self.cluster, with: 2)
    // Neighbours never share an extent.
    for cluster in Array(stride(from: UInt64(62), through: 0, by: -2)) {
      try writer.append(cluster..<cluster + 1, of: image, device: 1)
    }
    for cluster in Array(stride(from: UInt64(63), through: 1, by: -2)) {
      try writer.append(cluster..<cluster + 1, of: image, device: 1)
    }
    _ = try writer.finish()
    #expect(throws: VMAError.self) {
      _ = try ArchiveIndex(of: MemoryStorage(output.bytes), maximumRuns: 8)
    }
  }

  @Test("an extent that was rewritten behind a kept index's back is refused, whatever it says now")
  func rewritten() throws {
    let whole = try Archive.make([("disk", filled(3 * Self.cluster, with: 7))], integrity: .none)
    let index = try ArchiveIndex(of: MemoryStorage(whole))
    for change: (inout CraftedArchive, Int) -> Void in [
      { for slot in 0..<3 { $0.set(0, at: CraftedArchive.slot(slot, ofExtentAt: $1), size: 8) } },
      { $0.set(16, at: $1 + 6, size: 2) },
      { $0.set(9, at: CraftedArchive.slot(1, ofExtentAt: $1) + 4, size: 4) },
    ] {
      var crafted = CraftedArchive(whole)
      let extent = crafted.extentOffsets[0]
      change(&crafted, extent)
      try crafted.sealExtent(at: extent)
      let content = ArchiveContent(index, in: MemoryStorage(crafted.bytes))
      #expect(throws: VMAError.self) { _ = try content.bytes(0..<3 * Self.cluster) }
    }
  }

  @Test("random damage never crashes the index")
  func fuzz() throws {
    let whole = try Archive.make(Self.images())
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<300 {
      var crafted = CraftedArchive(whole)
      let extent = crafted.extentOffsets.randomElement(using: &generator) ?? 0
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        crafted.bytes[extent + Int.random(in: 6..<512, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      crafted.set(UInt64(Archive.uuid.high), at: extent + 8, size: 8)
      try crafted.sealExtent(at: extent)
      let storage = MemoryStorage(crafted.bytes)
      guard let index = try? ArchiveIndex(of: storage) else { continue }
      let content = ArchiveContent(index, in: storage)
      for (position, device) in index.devices.enumerated() {
        _ = try? content.bytes(0..<Int(device.length), ofDevice: position)
      }
    }
  }

  // MARK: - The file

  private static let moment = ArchiveIndexFile.Moment(seconds: 1_700_000_000, nanoseconds: 5)

  @Test("an index comes back from its file, and not for an archive that has changed or another one")
  func file() throws {
    let bytes = try Archive.make(Self.images())
    let storage = MemoryStorage(bytes)
    let index = try ArchiveIndex(of: storage)
    let file = ArchiveIndexFile.encoded(index, modified: Self.moment)
    #expect(try ArchiveIndexFile.index(file, of: storage, modified: Self.moment) == index)
    let later = ArchiveIndexFile.Moment(seconds: 1_700_000_000, nanoseconds: 6)
    #expect(throws: VMAError(.indexUnusable("the archive has changed since it was made"))) {
      _ = try ArchiveIndexFile.index(file, of: storage, modified: later)
    }
    #expect(throws: VMAError(.indexUnusable("the archive has changed since it was made"))) {
      _ = try ArchiveIndexFile.index(file, of: MemoryStorage(bytes + filled(512)), modified: Self.moment)
    }
    let other = MemoryStorage(try Archive.make([("disk", filled(512))]))
    #expect(throws: VMAError(.indexUnusable("it is of another archive"))) {
      _ = try ArchiveIndexFile.index(file, of: other, modified: Self.moment)
    }
  }

  @Test("a damaged index file is refused wherever the damage is, also where its digest was made right")
  func damagedFile() throws {
    let storage = MemoryStorage(try Archive.make(Self.images()))
    let file = ArchiveIndexFile.encoded(try ArchiveIndex(of: storage), modified: Self.moment)
    for count in [0, 7, 90, file.count - 1] {
      #expect(throws: VMAError.self) {
        _ = try ArchiveIndexFile.index(Array(file.prefix(count)), of: storage, modified: Self.moment)
      }
    }
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<400 {
      var damaged = file
      damaged[Int.random(in: 0..<file.count, using: &generator)] ^= UInt8.random(
        in: 1...255, using: &generator)
      #expect(throws: VMAError.self) {
        _ = try ArchiveIndexFile.index(damaged, of: storage, modified: Self.moment)
      }
      let sealed = ArchiveIndexFile.sealed(Array(damaged.dropLast(16)))
      guard let index = try? ArchiveIndexFile.index(sealed, of: storage, modified: Self.moment) else {
        continue
      }
      let content = ArchiveContent(index, in: storage)
      _ = try? content.bytes(0..<Int(index.devices[0].length))
    }
  }
}
