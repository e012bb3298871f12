import Testing

@testable import VMA

/// Archives changed at random: read with an error or without, but never with a crash or outside a device.
@Suite struct FuzzTests {
  private func sample(integrity: IntegrityPromise) throws -> [UInt8] {
    var generator = SeededGenerator(seed: 1)
    var disk = filled(4 * 65536 + 4608)
    disk[10] = 1
    disk[3 * 65536] = 1
    disk[disk.count - 1] = 1
    return try Archive.make(
      [("disk0", disk), ("disk1", generator.bytes(8192)), ("vmstate", filled(66048, with: 2))],
      configs: [ArchiveConfig(name: "a.conf", data: [1, 2, 3])], integrity: integrity)
  }

  @Test("thousands of mutations neither crash nor pass as proven", arguments: 0..<4)
  func mutations(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let sealed = try sample(integrity: seed % 2 == 0 ? .digests : .none)
    var refused = 0
    for _ in 0..<1500 {
      var crafted = CraftedArchive(sealed)
      let extents = crafted.extentOffsets
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&crafted, extents, &generator) }
      // Most mutations get past the checksums, so that what lies behind them is reached.
      if Int.random(in: 0..<4, using: &generator) != 0 {
        if crafted.bytes.count >= 12800 { try crafted.sealHeader() }
        for extent in extents where extent + 512 <= crafted.bytes.count { try crafted.sealExtent(at: extent) }
      }
      let anyOrder = Result {
        try ArchiveReader(input: AnyOrderInput(crafted.bytes), mapLimit: 1 << 20).read()
      }
      do {
        let reader = try ArchiveReader(input: MemoryInput(crafted.bytes), mapLimit: 1 << 20)
        let report = try reader.read { run in
          let end = run.offset + run.length
          #expect(run.device.isVMState || end <= run.device.size)
          if case .data(let bytes) = run.content { #expect(!bytes.isEmpty && bytes.count <= 4 << 20) }
        }
        #expect(try anyOrder.get() == report)
      } catch let error as VMAError {
        refused += 1
        // Whoever checks the data of several extents at one time finds the same thing wrong first.
        #expect(throws: error) { try anyOrder.get() }
      }
    }
    #expect(refused > 1000)
  }

  private func mutate(
    _ crafted: inout CraftedArchive, _ extents: [Int], _ generator: inout SeededGenerator
  ) {
    // Fields are hit much more often than data.
    var places: [Range<Int>] = [0..<64, 48..<60, 2044..<2060, 3068..<3084, 4096..<4224, 12288..<12400]
    for extent in extents {
      for field in [0..<8, 40..<140, 500..<512, 0..<512] {
        places.append(extent + field.lowerBound..<extent + field.upperBound)
      }
    }
    guard let place = places.randomElement(using: &generator), place.upperBound <= crafted.bytes.count else {
      return
    }
    let index = Int.random(in: place, using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: crafted.bytes[index] = UInt8.random(in: 0...255, using: &generator)
    case 1: crafted.bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2: crafted.bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
    case 3:
      let from = Int.random(in: 0..<crafted.bytes.count - 8, using: &generator)
      for step in 0..<8 where index + step < crafted.bytes.count {
        crafted.bytes[index + step] = crafted.bytes[from + step]
      }
    default:
      crafted.bytes.removeLast(Int.random(in: 0..<min(600, crafted.bytes.count), using: &generator))
    }
  }
}
