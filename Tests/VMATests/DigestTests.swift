import Testing

@testable import VMA

/// The digests themselves: values that another implementation must get too, and what they do not depend on.
@Suite struct DigestTests {
  private func digest(_ bytes: [UInt8], at offset: UInt64 = 0) -> ContentDigest {
    var digest = ContentDigest()
    bytes.withUnsafeBytes { digest.add($0, at: offset) }
    return digest
  }

  @Test("zeros do not count")
  func zeros() {
    #expect(digest(filled(1 << 20)) == ContentDigest())
    #expect(digest(filled(513)) == ContentDigest())
    #expect(ContentDigest().description == String(repeating: "0", count: 32))
  }

  @Test("the parts of a device add up in any order")
  func addition() {
    var generator = SeededGenerator(seed: 4)
    let image = generator.bytes(10 * 4096 + 700)
    let whole = digest(image)
    for cut in [4096, 8192, 40960] {
      var sum = digest(Array(image[cut...]), at: UInt64(cut))
      sum.add(digest(Array(image[..<cut])))
      #expect(sum == whole)
    }
    #expect(whole.nonZeroBlocks == 11)
  }

  @Test("a short last block counts as filled up with zeros")
  func padding() {
    #expect(digest(filled(4608, with: 1)) == digest(filled(4608, with: 1) + filled(3584)))
    #expect(digest(filled(4608, with: 1)) != digest(filled(4609, with: 1)))
  }

  @Test("the same block elsewhere is other content")
  func position() {
    #expect(digest(filled(4096, with: 1)) != digest(filled(4096, with: 1), at: 4096))
    #expect(digest(filled(8192, with: 1)).nonZeroBlocks == 2)
  }

  @Test("any single byte makes a block non-zero")
  func singleByte() {
    for index in 0..<4096 {
      var block = filled(4096)
      block[index] = 0x80
      #expect(digest(block).nonZeroBlocks == 1)
    }
  }

  @Test("spare bytes go into a slot and back, and leave its device id at 0")
  func spareBytes() {
    let spare = SpareBytes(tag: 0xD1, value: 0x0102_0304_0506)
    #expect(spare.slot == 0x0102_D100_0304_0506)
    #expect(SpareBytes(slot: spare.slot) == spare)
    #expect(SpareBytes(slot: 0x0102_D1FF_0304_0506) == spare)
  }
}
