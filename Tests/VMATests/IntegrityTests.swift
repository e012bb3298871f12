import Testing

@testable import VMA

/// What the digests and the trailer catch: damage, and whatever was cut off, lost, doubled or exchanged.
@Suite struct IntegrityTests {
  /// Two disks and a memory stream: 3 extents of data and a trailer.
  private static func sample(uuid: ArchiveUUID = Archive.uuid, seed: UInt64 = 1) throws -> CraftedArchive {
    var generator = SeededGenerator(seed: seed)
    let output = MemoryOutput()
    var header = Archive.header([("disk0", 130 * 65536), ("disk1", 20 * 65536 + 4608), ("vmstate", 1 << 20)])
    header.uuid = uuid
    let writer = try ArchiveWriter(header: header, output: output)
    var disk0 = filled(130 * 65536)
    for _ in 0..<50 {
      let block = Int.random(in: 0..<disk0.count / 4096, using: &generator)
      disk0[block * 4096 + 17] = UInt8.random(in: 1...255, using: &generator)
    }
    try writer.append(0..<130, of: disk0, device: 1)
    try writer.append(0..<21, of: generator.bytes(20 * 65536 + 4608), device: 2)
    var left = 100_000
    _ = try writer.appendStream(device: 3) { buffer in
      let count = min(left, 1000, buffer.count)
      generator.bytes(count).withUnsafeBytes { copy($0, to: buffer) }
      left -= count
      return count
    }
    _ = try writer.finish()
    return CraftedArchive(output.bytes)
  }

  /// The extents of an archive as pieces of bytes.
  private func extents(of archive: CraftedArchive) -> [[UInt8]] {
    let offsets = archive.extentOffsets + [archive.bytes.count]
    return zip(offsets, offsets.dropFirst()).map { Array(archive.bytes[$0..<$1]) }
  }

  private func header(of archive: CraftedArchive) -> [UInt8] {
    Array(archive.bytes.prefix(archive.headerSize))
  }

  @Test("the archive that is damaged below verifies")
  func sound() throws {
    let archive = try Self.sample()
    let report = try Archive.verify(archive.bytes)
    #expect(report.proof == .content)
    #expect(report.extents == UInt64(archive.extentOffsets.count))
    let lengths: [UInt64] = [8_519_680, 1_315_328, 131_072]
    #expect(report.devices.map(\.length) == lengths)
  }

  @Test("every byte of a small archive, flipped one at a time, is caught")
  func everyByte() throws {
    var image = filled(65536 + 4608)
    image[5000] = 9
    image[65536 + 4600] = 8
    let archive = try Archive.make(
      [("disk0", image)], configs: [ArchiveConfig(name: "a.conf", data: [1, 2])])
    let expected: Int = 12800 + 512 + 2 * 4096 + 512
    #expect(archive.count == expected)
    var generator = SeededGenerator(seed: 99)
    var unnoticed: [Int] = []
    for index in archive.indices {
      var damaged = archive
      damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      if Archive.complaint(damaged) == nil { unnoticed.append(index) }
    }
    #expect(unnoticed.isEmpty)
  }

  @Test("flipped data is found in the extent where it is, before anything of that extent is handed out")
  func damagedData() throws {
    var archive = try Self.sample()
    let offsets = archive.extentOffsets
    archive.bytes[offsets[2] + 512 + 3 * 4096] ^= 0x10
    let reader = try ArchiveReader(input: MemoryInput(archive.bytes))
    var handedOut: [String] = []
    let error = #expect(throws: VMAError.self) {
      try reader.read { run in
        if case .data = run.content { handedOut.append(run.device.name) }
      }
    }
    #expect(error == VMAError(.digestMismatch(extent: 2), at: UInt64(offsets[2])))
    #expect(!handedOut.contains("disk1"))
    #expect(Archive.complaint(archive.bytes, checking: .structure) == nil)
  }

  @Test("of all that is wrong the first is told, also where several extents are checked at one time")
  func firstDamage() throws {
    var archive = try Self.sample()
    let sound = archive.bytes
    #expect(
      try ArchiveVerifier.verify(AnyOrderInput(sound)) == ArchiveVerifier.verify(MemoryInput(sound)))
    let offsets = archive.extentOffsets
    archive.bytes[try #require(offsets.last) + 40] ^= 1
    for extent in offsets.indices.dropLast().reversed() {
      archive.bytes[offsets[extent] + 512 + 100] ^= 0x10
      #expect(throws: VMAError(.digestMismatch(extent: UInt64(extent)), at: UInt64(offsets[extent]))) {
        try ArchiveVerifier.verify(AnyOrderInput(archive.bytes))
      }
    }
  }

  @Test("a small archive cut at any byte is caught")
  func cutAnywhere() throws {
    let archive = try Archive.make([("disk0", filled(4096, with: 1))])
    for count in archive.indices {
      #expect(Archive.complaint(Array(archive.prefix(count))) != nil, "cut to \(count) bytes")
    }
  }

  @Test("an archive cut between two extents is caught at either depth, with its length")
  func cutBetweenExtents() throws {
    let archive = try Self.sample()
    for (index, offset) in archive.extentOffsets.enumerated() {
      let cut = Array(archive.bytes.prefix(offset))
      for depth in [CheckDepth.structure, .data] {
        let expected = VMAError(.trailerMissing(extents: UInt64(index)), at: UInt64(offset))
        #expect(Archive.complaint(cut, checking: depth) == expected)
      }
    }
  }

  @Test("any extent that is lost is missed")
  func removed() throws {
    let archive = try Self.sample()
    let pieces = extents(of: archive)
    for index in pieces.indices {
      var rest = pieces
      rest.remove(at: index)
      let damaged = header(of: archive) + rest.joined()
      #expect(Archive.complaint(damaged) != nil, "without extent \(index)")
      #expect(Archive.complaint(damaged, checking: .structure) != nil, "without extent \(index)")
    }
  }

  @Test("any two extents that changed places are noticed")
  func swapped() throws {
    let archive = try Self.sample()
    let pieces = extents(of: archive)
    for first in pieces.indices {
      for second in pieces.indices where second > first {
        var mixed = pieces
        mixed.swapAt(first, second)
        #expect(Archive.complaint(header(of: archive) + mixed.joined()) != nil, "\(first) and \(second)")
      }
    }
  }

  @Test("any extent that occurs twice, and anything after the trailer, is refused")
  func doubled() throws {
    let archive = try Self.sample()
    let pieces = extents(of: archive)
    for piece in pieces.indices {
      for place in 0...pieces.count {
        var more = pieces
        more.insert(pieces[piece], at: place)
        #expect(Archive.complaint(header(of: archive) + more.joined()) != nil, "\(piece) at \(place)")
      }
    }
    #expect(
      Archive.complaint(archive.bytes + pieces[pieces.count - 1])?.reason == .extentAfterTrailer)
    #expect(Archive.complaint(archive.bytes + pieces[0])?.reason == .extentAfterTrailer)
    #expect(Archive.complaint(archive.bytes + archive.bytes)?.reason == .notAnExtent)
  }

  @Test("extents of another archive with the same UUID and shape are noticed")
  func mixed() throws {
    let one = try Self.sample()
    let other = try Self.sample(seed: 1)
    #expect(one.bytes == other.bytes, "the same input gives the same bytes")
    let third = try Self.sample(seed: 2)
    var mixed = extents(of: one)
    mixed[0] = extents(of: third)[0]
    #expect(
      Archive.complaint(header(of: one) + mixed.joined())?.reason == .deviceDigestMismatch(device: "disk0"))
    let foreign = try Self.sample(uuid: .random())
    mixed[0] = extents(of: foreign)[0]
    #expect(
      Archive.complaint(header(of: one) + mixed.joined())?.reason == .extentFromOtherArchive)
  }

  @Test("a header of another archive with the same UUID is noticed")
  func otherHeader() throws {
    let archive = try Self.sample()
    var other = try ArchiveHeader(decoding: archive.bytes)
    other.configs = [ArchiveConfig(name: "evil.conf", data: [])]
    let mixed = try other.encoded() + extents(of: archive).joined()
    #expect(Archive.complaint(mixed)?.reason == .trailerFromOtherHeader)
  }

  @Test("an extent rewritten without its digest is told apart from damage")
  func noDigest() throws {
    var archive = try Self.sample()
    let offset = archive.extentOffsets[1]
    archive.set(0, at: CraftedArchive.slot(58, ofExtentAt: offset), size: 8)
    try archive.sealExtent(at: offset)
    #expect(Archive.complaint(archive.bytes)?.reason == .digestMissing(extent: 1))
  }

  @Test("a trailer that holds clusters or odd bytes is refused")
  func oddTrailer() throws {
    let archive = try Self.sample()
    let offset = try #require(archive.extentOffsets.last)
    func complaint(_ index: Int, _ value: UInt64) throws -> VMAError.Reason? {
      var changed = archive
      changed.set(value, at: CraftedArchive.slot(index, ofExtentAt: offset), size: 8)
      try changed.sealExtent(at: offset)
      return Archive.complaint(changed.bytes)?.reason
    }
    let slot = { archive.number(at: CraftedArchive.slot($0, ofExtentAt: offset), size: 8) }
    #expect(try complaint(3, slot(3) | 1 << 32) == .dataInTrailer)
    #expect(try complaint(57, 1) == .trailerMalformed("part 0 holds bytes past its 152"))
    #expect(try complaint(0, slot(0) ^ 1) != nil)
    // Part 1 of 2, part 0 of 0, part 0 of 2.
    #expect(
      try complaint(58, SpareBytes(tag: 0xE1, value: 0x0001_0002_0098).slot)
        == .trailerOutOfOrder(expected: 0, found: 1))
    #expect(
      try complaint(58, SpareBytes(tag: 0xE1, value: 0x0000_0000_0098).slot)
        == .trailerMalformed("part 0 of 0 claims 152 bytes"))
    #expect(
      try complaint(58, SpareBytes(tag: 0xE1, value: 0x0000_0002_0098).slot)
        == .trailerMissing(extents: 3))
    #expect(
      try complaint(58, SpareBytes(tag: 0xE1, value: 0x0000_0001_FFFF).slot)
        == .trailerMalformed("part 0 of 1 claims 65535 bytes"))
  }

  @Test("every number of the trailer's record is compared")
  func trailerRecord() throws {
    let archive = try Self.sample()
    let offset = try #require(archive.extentOffsets.last)
    let slots = (0..<59).map { archive.number(at: CraftedArchive.slot($0, ofExtentAt: offset), size: 8) }
    let record = try TrailerPart(slots: slots).bytes
    #expect(record.count == 32 + 3 * 40)
    // The spare bytes behind the version and the ids are not compared: nothing depends on them.
    let free = Set([5] + (0..<3).flatMap { device in (1..<8).map { 32 + 40 * device + $0 } })
    for index in record.indices where !free.contains(index) {
      var changed = record
      changed[index] ^= 1
      var damaged = archive
      for (number, slot) in TrailerPart(index: 0, count: 1, bytes: changed).slots.enumerated() {
        damaged.set(slot, at: CraftedArchive.slot(number, ofExtentAt: offset), size: 8)
      }
      try damaged.sealExtent(at: offset)
      #expect(Archive.complaint(damaged.bytes) != nil, "byte \(index) of the record")
    }
  }

  @Test("254 devices take a trailer of many parts, and each part is needed")
  func manyParts() throws {
    let archive = CraftedArchive(
      try Archive.make((1...254).map { ("d\($0)", filled(512, with: UInt8($0))) }))
    let pieces = extents(of: archive)
    let data = (254 + 57) / 58
    #expect(pieces.count == data + (32 + 254 * 40 + 405) / 406)
    for index in data..<pieces.count {
      var rest = pieces
      rest.remove(at: index)
      let error = Archive.complaint(header(of: archive) + rest.joined())
      #expect(error != nil, "without part \(index - data)")
    }
    var mixed = pieces
    mixed.swapAt(data + 1, data + 2)
    #expect(
      Archive.complaint(header(of: archive) + mixed.joined())?.reason
        == .trailerOutOfOrder(expected: 1, found: 2))
  }

  @Test("the trailer's record survives the way into slots and back", arguments: [1, 9, 10, 254])
  func trailerCoding(devices: Int) throws {
    var generator = SeededGenerator(seed: UInt64(devices))
    let trailer = ArchiveTrailer(
      extents: generator.next(), headerChecksum: (generator.next(), generator.next()),
      devices: (1...devices).map {
        ArchiveTrailer.Device(
          id: UInt8($0), clusters: generator.next(),
          digest: ContentDigest(
            value: (generator.next(), generator.next()), nonZeroBlocks: generator.next()))
      })
    let parts = try TrailerPart.split(trailer.encoded()).map { try TrailerPart(slots: $0.slots) }
    #expect(parts == TrailerPart.split(trailer.encoded()))
    #expect(try ArchiveTrailer(decoding: parts.flatMap(\.bytes)) == trailer)
  }
}
