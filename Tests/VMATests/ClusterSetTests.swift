import Testing

@testable import VMA

/// Which clusters were seen, compared with a plain set, and what it costs.
@Suite struct ClusterSetTests {
  @Test("runs in any order are told new from old as a plain set tells them", arguments: 0..<6)
  func model(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let total: UInt64 = seed % 2 == 0 ? 500 : 30_000
    var set = ClusterSet()
    var model: Set<UInt64> = []
    for _ in 0..<400 {
      let first = UInt64.random(in: 0..<total, using: &generator)
      let length = min(total - first, UInt64.random(in: 1...200, using: &generator))
      let expected = (first..<first + length).first { model.contains($0) }
      #expect(set.insert(first: first, length: length) == expected)
      model.formUnion(first..<(expected ?? first + length))
      #expect(set.count == UInt64(model.count))
      #expect(set.firstMissing(below: total) == (0..<total).first { !model.contains($0) })
    }
  }

  @Test("a device in ascending order costs nothing, one in descending order little")
  func cost() {
    var ascending = ClusterSet()
    for start in stride(from: UInt64(0), to: 1 << 24, by: 1 << 12) {
      #expect(ascending.insert(first: start, length: 1 << 12) == nil)
    }
    #expect(ascending.cost == 0)
    #expect(ascending.firstMissing(below: 1 << 24) == nil)
    #expect(ascending.insert(first: 12345, length: 1) == 12345)
    var descending = ClusterSet()
    for start in stride(from: UInt64(1 << 24) - 4096, through: 0, by: -4096) {
      #expect(descending.insert(first: start, length: 4096) == nil)
    }
    #expect(descending.firstMissing(below: 1 << 24) == nil)
    #expect(descending.cost <= 4096 * ClusterSet.pageCost)
  }

  @Test("the last cluster that 32 bits can name has its place")
  func last() {
    var set = ClusterSet()
    #expect(set.insert(first: 1 << 32 - 1, length: 1) == nil)
    #expect(set.insert(first: 1 << 32 - 1, length: 1) == 1 << 32 - 1)
    #expect(set.firstMissing(below: 1 << 32) == 0)
  }
}
