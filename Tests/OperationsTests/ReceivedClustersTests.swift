import Testing

@testable import Operations

@Suite("What has become of each cluster")
struct ReceivedClustersTests {
  @Test(
    "states, runs and counts are those of a plain array, whatever is set in whatever order", arguments: 1...8)
  func model(seed: Int) {
    let count = 4096 * 3 + 77
    let clusters = ReceivedClusters(count: UInt64(count))
    var plain = [ReceivedClusters.State](repeating: .untouched, count: count)
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<400 {
      let start = next(3) == 0 ? next(3) * 4096 : next(count)
      let end = min(count, start + [1, 2, 100, 4096, 8192, count][next(6)])
      let new = ReceivedClusters.State.allCases[next(4)]
      clusters.set(UInt64(start)..<UInt64(end), to: new)
      for index in start..<end { plain[index] = new }
      for state in ReceivedClusters.State.allCases {
        let expected = UInt64(plain.count { $0 == state })
        #expect(clusters.count(of: state) == expected)
      }
    }
    var position = 0
    while position < count {
      let run = clusters.run(at: UInt64(position), limit: UInt64(count))
      let end = plain[position...].firstIndex { $0 != plain[position] } ?? count
      #expect(run.state == plain[position])
      #expect(Int(run.end) == end)
      position = end
    }
  }
}
