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
      let repeated = set.insert(first: first, length: length)
      #expect(repeated == expected)
      model.formUnion(first..<(expected ?? first + length))
      let (count, missing) = (set.count, set.firstMissing(below: total))
      #expect(count == UInt64(model.count))
      #expect(missing == (0..<total).first { !model.contains($0) })
    }
  }

  @Test("a device in ascending order costs nothing, one in descending order little")
  func cost() {
    var ascending = ClusterSet()
    for start in stride(from: UInt64(0), to: 1 << 24, by: 1 << 12) {
      let repeated = ascending.insert(first: start, length: 1 << 12)
      #expect(repeated == nil)
    }
    let (noCost, noneMissing) = (ascending.cost, ascending.firstMissing(below: 1 << 24))
    #expect(noCost == 0)
    #expect(noneMissing == nil)
    let again = ascending.insert(first: 12345, length: 1)
    #expect(again == 12345)
    var descending = ClusterSet()
    for start in stride(from: UInt64(1 << 24) - 4096, through: 0, by: -4096) {
      let repeated = descending.insert(first: start, length: 4096)
      #expect(repeated == nil)
    }
    let (cost, missing) = (descending.cost, descending.firstMissing(below: 1 << 24))
    #expect(missing == nil)
    #expect(cost <= 4096 * ClusterSet.pageCost)
  }

  @Test("the last cluster that 32 bits can name has its place")
  func last() {
    let highest = UInt64(UInt32.max)
    var set = ClusterSet()
    let (once, twice) = (set.insert(first: highest, length: 1), set.insert(first: highest, length: 1))
    #expect(once == nil)
    #expect(twice == highest)
    let missing = set.firstMissing(below: 1 << 32)
    #expect(missing == 0)
  }
}
