import Testing

@testable import VMA

/// The digests themselves: values that another implementation must get too, and what they do not depend on.
@Suite struct DigestTests {
  private func digest(_ bytes: [UInt8], at offset: UInt64 = 0) -> ContentDigest {
    var digest = ContentDigest()
    bytes.withUnsafeBytes { digest.add($0, at: offset) }
    return digest
  }

  @Test("the example of docs/vma-integrity.md comes out byte for byte")
  func example() throws {
    let archive = CraftedArchive(try Archive.make([("disk", filled(4096) + filled(4608, with: 1))]))
    func hex(_ range: Range<Int>) -> String {
      archive.bytes[range].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(archive.bytes.count == 22016)
    #expect(hex(60..<68) == "564d414901000000")
    #expect(hex(32..<48) == "cd6df31ebee50d502c28994019a8af45")
    #expect(hex(12840..<12848) == "0006000100000000")
    #expect(hex(13304..<13312) == "bb0dd1007e176afb")
    #expect(
      hex(21544..<21632)
        == "564d4100540100000100000000000000" + "0001cd006df31ebee50d50002c289940"
        + "19a8af00450100000000000000000000" + "00000000000001000000000000000002"
        + "54eeb60009b323fe9318ca00db5e512c" + "9abc000000000000")
    #expect(hex(22008..<22016) == "0000e10000010048")
    let digest = try #require(try Archive.verify(archive.bytes).devices[0].digest)
    #expect(digest.description == "54eeb609b323fe9318cadb5e512c9abc")
    #expect(digest.nonZeroBlocks == 2)
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
